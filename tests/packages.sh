#!/usr/bin/env bash
# Installs the Debian packages of the named sections of packages.txt: packages.sh build [test]
# Does nothing, and needs no network, if all of them are there.
set -euo pipefail

list="$(dirname "${BASH_SOURCE[0]}")/packages.txt"

if ! command -v dpkg-query >/dev/null; then
  echo "packages.sh: this is not Debian; install what $list names in your own way" >&2
  exit 1
fi

# The names below the sections' headings.
names="$(awk -v sections="$*" '
  /^\[/ { on = index(" " sections " ", " " substr($0, 2, length($0) - 2) " ") }
  on && /^[a-z]/' "$list")"
mapfile -t wanted <<<"$names"

# dpkg-query fails for a package that it has never heard of, which is an answer too.
format='${Package} ${db:Status-Status}\n'
installed="$(dpkg-query -W -f "$format" "${wanted[@]}" 2>/dev/null || true)"
missing=()
for package in "${wanted[@]}"; do
  grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
done
((${#missing[@]} > 0)) || exit 0

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "packages.sh: not root, and no sudo; install these first: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "installing ${#missing[@]} Debian packages: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null
