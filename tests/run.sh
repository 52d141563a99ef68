#!/usr/bin/env bash
# Builds Refold and runs its checks and tests. Sets up a fresh Debian 12 by itself.
#
#   run.sh [--crash N] [ctest arguments]              format, clang-tidy, all tests, all fuzzers
#   run.sh --sanitize [--crash N] [ctest arguments]   all tests of C++ code with ASan and UBSan,
#                                                   then those of parts that have threads with TSan
#
# --crash N sets how many rounds each crash test runs (REFOLD_CRASH_ROUNDS). With ctest arguments,
# such as `-R Sealer`, only the tests run, without the checks and the fuzzers.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"

# What ccache keeps serves every checkout and build folder.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=true

arguments=("$@")
sanitize=false
while (($# > 0)); do
  case "$1" in
    --sanitize) sanitize=true; shift ;;
    --crash) export REFOLD_CRASH_ROUNDS="${2:?--crash needs a number}"; shift 2 ;;
    --help | -h) sed -n '2,9s/^# \{0,1\}//p' tests/run.sh; exit 0 ;;
    *) break ;;
  esac
done

# gcc 12's ThreadSanitizer does not start where the kernel places mappings more randomly than it
# knows of, so everything below runs at fixed addresses, if that is allowed here.
fixed="${REFOLD_FIXED_ADDRESSES:-no}"
if $sanitize && [[ "$fixed" == no ]] && setarch --addr-no-randomize true 2>/dev/null; then
  export REFOLD_FIXED_ADDRESSES=yes
  exec setarch --addr-no-randomize bash tests/run.sh "${arguments[@]}"
fi

quiet=()
[[ -t 1 ]] || quiet=(-- --quiet)
failed=()

# step NAME COMMAND...: a failure is noted, and the run goes on to show the others.
step() {
  printf '== %s (after %d s)\n' "$1" "$SECONDS"
  "${@:2}" && return
  failed+=("$1")
  return 1
}

# build PRESET [cmake arguments]
build() {
  cmake --preset "$@" >/dev/null && cmake --build --preset "$1" "${quiet[@]}"
}

# run_tests PRESET [ctest arguments]: keeps what ctest says in build/PRESET/ctest.log.
run_tests() {
  ctest --preset "$@" 2>&1 | tee "build/$1/ctest.log" | sed -u '/^ *Start *[0-9]*:/d'
}

# build_and_test PRESET [cmake arguments] [-- ctest arguments]
build_and_test() {
  local preset="$1" options=()
  shift
  while (($# > 0)) && [[ "$1" != -- ]]; do options+=("$1"); shift; done
  rm -f "build/$preset/ctest.log"
  step "build $preset" build "$preset" "${options[@]}" &&
    step "test $preset" run_tests "$preset" "${@:2}" || true
}

# The real PDS comes from npm. Where that cannot be reached, the tests that need it are skipped.
install_pds() {
  command -v npm >/dev/null || tests/packages.sh e2e
  tests/e2e/install.sh >/dev/null
}

tests/packages.sh build quickstart test
if ((${#arguments[@]} == 0)) || $sanitize; then
  install_pds || echo "run.sh: the reference PDS cannot be installed; its tests are skipped" >&2
fi

if $sanitize; then
  export ASAN_OPTIONS="detect_stack_use_after_return=1:strict_string_checks=1"
  export UBSAN_OPTIONS="print_stacktrace=1"
  # (By itself a program with threads waits a second before it ends, which limits of time then see.)
  export TSAN_OPTIONS="second_deadlock_stack=1:halt_on_error=1:atexit_sleep_ms=0"
  build_and_test asan -- "$@"
  build_and_test tsan -- "$@"
elif (($# > 0)); then
  build_and_test dev -DREFOLD_WERROR=ON -- "$@"
else
  step "format" tests/tidy/format.sh || true
  build_and_test ci
  step "clang-tidy" tests/tidy/clang_tidy.py build/ci || true
  if [[ -f tests/fuzz/CMakeLists.txt ]]; then
    build_and_test fuzz
  fi
fi

if ((${#failed[@]} > 0)); then
  printf '== FAILED:%s\n' "$(printf ' %s,' "${failed[@]}" | sed 's/,$//')"
  exit 1
fi
printf '== all passed (after %d s)\n' "$SECONDS"
