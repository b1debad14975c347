#!/usr/bin/env bash
# Sets up, builds with warnings as errors, and runs every test: lit and CTest.
# The last line is "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'END'
usage: tools/test.sh [--asan | --all] [--no-setup] [--jobs N]
  --asan      test the build with AddressSanitizer and UBSan (build-asan/)
  --all       test the optimised build, then the one with sanitizers
  --no-setup  do not look for missing packages
  --jobs N    build and test with N processes (default: one per core)
TESSERA_SHARED=DIR adds the tests that read models and data from DIR.
END
}

presets=(default)
setup=yes
jobs=$(nproc)
while [ $# -gt 0 ]; do
  case $1 in
  --asan) presets=(asan) ;;
  --all) presets=(default asan) ;;
  --no-setup) setup=no ;;
  --jobs) shift; jobs=${1:-} ;;
  -h | --help) usage; exit 0 ;;
  *) printf 'test: unknown option %s\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
if ! [[ $jobs =~ ^[1-9][0-9]*$ ]]; then
  printf 'test: --jobs needs a positive number\n' >&2
  exit 2
fi

passed=0 failed=0 skipped=0
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

say() { printf '\n== %s\n' "$*"; }
finish() {
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}
broken() { # a build or a set-up that fails counts as one failure
  printf 'test: %s\n' "$*" >&2
  failed=$((failed + 1))
  finish
}

build_dir() { if [ "$1" = asan ]; then echo build-asan; else echo build; fi; }

# Where CTest and lit run out of time as a whole, the file that should hold
# their results is missing, and summing it up fails.
run_suite() {
  local build=$1 name=$2 counts
  local lit_results=$results/$name.json ctest_results=$results/$name.xml
  say "$name: lit"
  timeout 1200 "$lit" -s -v -j "$jobs" --output "$lit_results" "$build/test"
  say "$name: CTest"
  timeout 1200 ctest --test-dir "$build" -j "$jobs" --timeout 600 \
    --output-on-failure --no-tests=error --output-junit "$ctest_results"
  say "$name: summary"
  counts=$(python3 test/summarise.py "$lit_results" "$ctest_results") ||
    broken "no results from lit or CTest ($name)"
  read -r p f s <<<"$counts"
  printf '%s: %d passed, %d failed, %d skipped\n' "$name" "$p" "$f" "$s"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

if [ $setup = yes ]; then
  tools/setup.sh || broken "the set-up failed"
fi
lit=$(command -v lit || true)
[ -x /usr/lib/llvm-22/bin/lit ] && lit=/usr/lib/llvm-22/bin/lit
[ -n "$lit" ] || broken "lit is missing: apt-get install llvm-22-tools"

for preset in "${presets[@]}"; do
  say "$preset: build"
  werror=ON # not with sanitizers: GCC then warns of paths that cannot be
  [ "$preset" = asan ] && werror=OFF
  cmake --preset "$preset" -DTESSERA_WERROR=$werror ||
    broken "the configuration failed ($preset)"
  cmake --build --preset "$preset" -j "$jobs" ||
    broken "the build failed ($preset)"
done
for preset in "${presets[@]}"; do
  run_suite "$(build_dir "$preset")" "$preset"
done
echo
finish
