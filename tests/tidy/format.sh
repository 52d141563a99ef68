#!/usr/bin/env bash
# Checks the layout of every C++ file against .clang-format: format.sh [--fix]
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mode=(--dry-run -Werror)
[[ "${1:-}" != --fix ]] || mode=(-i)
tests/tidy/tidy.py --list .c .h .cpp .hpp | xargs --no-run-if-empty clang-format-14 "${mode[@]}"
