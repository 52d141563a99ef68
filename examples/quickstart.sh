#!/usr/bin/env bash
# Builds Refold, and shows an engine at work: an application's projections of what a real PDS sent.
#
#   quickstart.sh [--live [URL]] [--keep DIR] [--installed PREFIX]
#
#   --live [URL]        follow a Jetstream, the public one or URL, and not the capture that is here
#   --keep DIR          leave the log and the configuration in DIR, a new or empty folder; otherwise
#                       they go away
#   --installed PREFIX  take the engine and the SDK that are installed there, and build nothing but
#                       the plugins
#
# On a terminal the engine stays until Ctrl-C; elsewhere, and with CI set, it is stopped in the
# end. Sets up a fresh Debian 12 by itself (as root or with sudo); a second run installs and builds
# nothing.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
shipped="$root/examples/data"
jetstream=wss://jetstream2.us-east.bsky.network/subscribe
live_seconds=15

fail() {
  echo "quickstart: $*" >&2
  exit 1
}

# A plugin is loaded only from where nobody else can change it.
umask 022
# What people call their coffee is text in any language.
export LC_ALL=C.UTF-8

live="" keep="" prefix=""
while (($# > 0)); do
  case "$1" in
    --live)
      live="$jetstream"
      if [[ "${2:-}" == ws* ]]; then live="$2"; shift; fi
      shift ;;
    --keep) keep="${2:?--keep needs a folder}"; shift 2 ;;
    --installed) prefix="$(realpath "${2:?--installed needs a folder}")"; shift 2 ;;
    --help | -h) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) "$0" --help >&2; exit 2 ;;
  esac
done

engine=""
folder=""
finish() {
  trap '' INT TERM
  if [[ -n "$engine" ]] && kill -TERM "$engine" 2>/dev/null; then
    wait "$engine" && echo "the engine has stopped" || cat "$folder/engine.log" >&2
  fi
  if [[ -n "$keep" ]]; then
    echo "what it had is kept in $folder: refold run --config $folder/refold.toml"
  else
    rm -rf "$folder"
  fi
}

quiet=()
[[ -t 1 ]] || quiet=(-- --quiet)

# The engine and the SDK as they are installed, and Arabica's plugins as anybody would build them.
cd "$root"
if [[ -z "$prefix" ]]; then
  tests/packages.sh build quickstart
  prefix="$root/build/quickstart/installed"
  echo "building refold in $root/build"
  [[ -f build/release/build.ninja ]] || cmake --preset release >/dev/null
  cmake --build --preset release "${quiet[@]}"
  for component in engine sdk; do
    cmake --install build/release --component "$component" --prefix "$prefix" >/dev/null
  done
fi
arabica="$prefix/../arabica"
if [[ ! -f "$arabica/build.ninja" ]]; then
  cmake -S examples/arabica -B "$arabica" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON >/dev/null
fi
cmake --build "$arabica" "${quiet[@]}"

if [[ -n "$keep" ]]; then
  mkdir -p "$keep"
  folder="$(cd "$keep" && pwd)"
  [[ -z "$(ls -A "$folder")" ]] || fail "$folder is not empty; name a new folder"
else
  folder="$(mktemp -d)"
fi
trap finish EXIT
trap 'exit 130' INT TERM HUP
cd "$folder"
mkdir plugins
cp "$arabica"/*.so plugins/
export PATH="$prefix/bin:$PATH"

# Prints the command, then its output, as a terminal would show them.
show() {
  printf '\n$ %s\n' "$*"
  "$@" || fail "that command failed (status $?)"
}

# The port that refold.toml has by default, or one that is free.
port=2580
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done

# ask PATH ROWS: over HTTP, and the rows that jq makes of the answer as a table.
ask() {
  printf "\n\$ curl -s 'localhost:%s%s' |\n    jq -r '%s | @tsv' | column -ts \$'\\\\t'\n" \
    "$port" "$1" "$2"
  curl -sS --fail-with-body "http://127.0.0.1:$port$1" | jq -r "$2 | @tsv" | column -ts $'\t' ||
    fail "no such answer"
}

show refold init .
{
  echo '[[source]]'
  if [[ -n "$live" ]]; then
    printf 'name = "jetstream"\nkind = "jetstream"\nurl = "%s"\n' "$live"
    echo 'collections = ["social.arabica.alpha.*", "app.bsky.feed.like", "app.bsky.feed.post"]'
    [[ "$live" != ws://127.0.0.1* ]] || echo 'private_addresses = true'
  else
    printf 'name = "people"\nkind = "capture"\nfile = "%s"\n' "$shipped/frames.zst"
  fi
} >source.toml
printf '\n$ cat >>refold.toml <<END\n%s\nEND\n' "$(<source.toml)"
cat source.toml >>refold.toml
rm source.toml
export REFOLD_HTTP_LISTEN="127.0.0.1:$port" REFOLD_DATA="$folder/refold-data"

printf '\n$ refold run 2>engine.log &\n'
# In a session of its own: Ctrl-C is for this script, which has it stop in good order.
setsid refold run 2>engine.log &
engine=$!
# until_true SECONDS COMMAND...
until_true() {
  local tries=$(($1 * 20))
  until "${@:2}" >/dev/null 2>&1; do
    kill -0 "$engine" 2>/dev/null && ((--tries > 0)) || { cat engine.log >&2; return 1; }
    sleep 0.05
  done
}
is_read() { refold source list --json | jq -e 'all(.state == "ended")'; }
until_true 60 curl -sSf "http://127.0.0.1:$port/healthz" || fail "the engine does not answer"
if [[ -n "$live" ]]; then
  echo "events come in for $live_seconds seconds"
  sleep "$live_seconds"
else
  until_true 60 is_read || fail "the capture was not read to its end"
fi
show refold source list
show refold log tail -n 4

for name in beans gear feed recipes; do
  show refold plugin load plugins/arabica.so --projection "$name"
done

ask '/projections/beans/query/top?limit=5&least=3' \
  '.[] | [.average, .rated, .name, .roaster // "-"]'
ask '/projections/feed/query/newest?limit=5' \
  '.items[] | [.time[:19], .who, .what, .name // "-", .rating // "-"]'
if [[ -n "$live" ]]; then  # where coffee is rare
  show refold plugin load "$prefix/lib/refold/plugins/stats.so"
  ask '/projections/stats/query/top?limit=5' '.[] | [.collection, .events, .bytes, .actors]'
fi

# One more, while the engine runs; and built anew, while it goes on to answer.
show refold plugin load plugins/arabica.so --projection talk
ask '/projections/talk/query/popular?limit=3' '.[] | [.[1].likes, .[1].comments, .[0]]'
show refold projection replay talk

# The unit of a field has changed, one day: version 2 of the code knows when. Live once it is built.
since="$(jq -r .decigramsSince "$shipped/about.json")"
doses='.[] | [.method, .brews, .grams]'
show refold plugin load plugins/doses-1.so
ask /projections/doses/query/methods "$doses"
show refold plugin upgrade doses plugins/doses-2.so --option "decigrams-since=$since"
ask /projections/doses/query/methods "$doses"
show refold projection verify doses
show refold projection list

if [[ ! -t 0 || ! -t 1 || -n "${CI:-}" ]]; then
  echo
  exit 0
fi
cat <<END

The engine runs, and answers at http://127.0.0.1:$port. In another terminal:

  export REFOLD_DATA=$REFOLD_DATA PATH=$prefix/bin:\$PATH
  refold projection show feed
  refold projection rollback doses
  refold query talk popular limit=3
  refold log tail --follow
  curl -s localhost:$port/projections/feed/query/newest?limit=3 | jq
  curl -s localhost:$port/metrics
  refold doctor

Ctrl-C stops it.
END
wait "$engine"
