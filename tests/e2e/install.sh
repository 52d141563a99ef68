#!/usr/bin/env bash
# Installs the reference PDS, the PLC directory and their libraries from npm, as package-lock.json
# pins them, and prints the folder. The second time nothing is downloaded: what is installed lies in
# REFOLD_E2E_CACHE (else in ~/.cache/refold-e2e), in a folder for each version of the lock file.
#
#   install.sh [--check]      --check: fails if it is not installed, and installs nothing
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${REFOLD_E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/refold-e2e}"
folder="$cache/$(sha256sum "$here/package-lock.json" | cut -c1-16)"

if [[ ! -e "$folder/installed" ]]; then
  if [[ "${1:-}" == --check ]]; then
    echo "install.sh: the reference PDS is not installed; run tests/e2e/install.sh" >&2
    exit 1
  fi
  if ! command -v npm >/dev/null; then
    echo "install.sh: there is no npm; install it (Debian: apt install npm)" >&2
    exit 1
  fi
  mkdir -p "$folder"
  cp "$here/package.json" "$here/package-lock.json" "$folder"
  # The lock has a Node of its own, as a package: npm's may be older than what the PDS needs.
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
  touch "$folder/installed"
fi
# Modules are looked for beside the scripts that use them. Each is there whole at any time, for
# whoever runs beside this.
for script in "$here"/*.mjs; do
  cmp -s "$script" "$folder/$(basename "$script")" && continue
  cp "$script" "$folder/.$$.mjs"
  mv "$folder/.$$.mjs" "$folder/$(basename "$script")"
done
echo "$folder"
