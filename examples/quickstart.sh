#!/usr/bin/env bash
# Builds refold and shows it at work on a small log: quickstart.sh [--keep DIR]
# Sets up a fresh Debian 12 by itself (as root or with sudo); a second run installs nothing.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
sample="$root/examples/sample/events.jsonl.gz"

usage() {
  echo "usage: quickstart.sh [--keep DIR]"
  echo "  --keep DIR   leave the log in DIR, a new or empty folder; otherwise it goes away"
}

fail() {
  echo "quickstart: $*" >&2
  exit 1
}

keep=""
while (($# > 0)); do
  case "$1" in
    --keep) keep="${2:?--keep needs a folder}"; shift 2 ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

if [[ -n "$keep" ]]; then
  mkdir -p "$keep"
  folder="$(cd "$keep" && pwd)"
  [[ -z "$(ls -A "$folder")" ]] || fail "$folder is not empty; name a new folder"
else
  folder="$(mktemp -d)"
  trap 'rm -rf "$folder"' EXIT
fi

quiet=()
[[ -t 1 ]] || quiet=(-- --quiet)

"$root/tests/packages.sh" build
cd "$root"
echo "building refold in $root/build/release"
cmake --preset release >/dev/null
cmake --build --preset release "${quiet[@]}"
export PATH="$root/build/release/core/cli:$PATH"
cd "$folder"

# Prints the command, then its output, as a terminal would show them.
show() {
  printf '\n$ %s\n' "$*"
  "$@" || fail "that command failed (status $?)"
}

show refold import "$sample" --data data
show refold log stat --data data
show refold log tail -n 10 --data data
show refold log seal --data data
show refold log verify --data data
show refold log root --data data

if [[ -n "$keep" ]]; then
  printf '\nThe log is kept in %s/data; the command is %s\n' "$folder" "$(command -v refold)"
fi
