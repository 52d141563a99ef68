#!/usr/bin/env bash
# Builds refold and shows it at work on a small log, with a projection of its own:
# quickstart.sh [--keep DIR]
# Sets up a fresh Debian 12 by itself (as root or with sudo); a second run installs nothing.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
sample="$root/examples/sample/events.jsonl.gz"

usage() {
  echo "usage: quickstart.sh [--keep DIR]"
  echo "  --keep DIR   leave the log and the projection in DIR, a new or empty folder; otherwise"
  echo "               they go away"
}

fail() {
  echo "quickstart: $*" >&2
  exit 1
}

# A plugin is loaded only from where nobody else can change it.
umask 022

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

# The same for a command that says much and tells little, unless it fails.
show_only() {
  printf '\n$ %s\n' "$*"
  "$@" >said 2>&1 || { cat said; fail "that command failed (status $?)"; }
  rm said
}

show refold import "$sample" --data data
show refold log stat --data data
show refold log tail -n 10 --data data
show refold log seal --data data
show refold log verify --data data
show refold log root --data data

# A plugin is built with what is installed.
prefix="$folder/refold"
for component in engine sdk; do
  cmake --install "$root/build/release" --component "$component" --prefix "$prefix" >/dev/null
done
export CMAKE_PREFIX_PATH="$prefix" CMAKE_GENERATOR=Ninja

show refold plugin new likes
show_only cmake -S likes -B likes/build
show_only cmake --build likes/build --target likes
show refold plugin load likes/build/likes.so --data data
show refold query likes top limit=3 --data data

# From now on only likes of posts count: another fold, so what is there is built anew.
of_posts='\1->subject.uri.collection() == "app.bsky.feed.post"'
sed -i -e "s/auto \(old\|now\) = .*<OneLike>()/&; \1 \&\& $of_posts/" \
  -e 's/fold = 1/fold = 2/' likes/likes.cpp
printf '\nlikes.cpp, changed: only likes of posts count\n'
show grep -e 'fold =' -e '<OneLike>' likes/likes.cpp
show_only cmake --build likes/build --target likes
show refold plugin upgrade likes likes/build/likes.so --data data
show refold query likes top limit=3 --data data
show refold projection list --data data
show refold projection verify likes --data data

if [[ -n "$keep" ]]; then
  printf '\nAll of it is kept in %s; the command is %s/bin/refold\n' "$folder" "$prefix"
fi
