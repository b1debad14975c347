#!/usr/bin/env bash
# Installs the build into a fresh prefix, builds the consumer project against
# it, shared and static, and runs both on a model of two kernels.
# usage: consumer.sh BUILD WORK [COMPILER FLAGS]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$1 work=$2 flags=${3:-}
export CMAKE_GENERATOR=Ninja

rm -rf "$work"
mkdir -p "$work"
cmake --install "$build" --prefix "$work/first" >"$work/install.log"
# The package must not remember where it was installed to.
mv "$work/first" "$work/prefix"
for file in bin/tessera lib/TesseraPasses.so include/tessera/tessera.h; do
  [ -e "$work/prefix/$file" ] || { echo "not installed: $file" >&2; exit 1; }
done

cmake -S "$here/consumer" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DCMAKE_C_FLAGS="$flags" -DCMAKE_BUILD_TYPE=Release >"$work/configure.log"
cmake --build "$work/build"

expected="Tessera 0.1.0: 2 kernels"
for kind in tessera tessera_static; do
  program=$work/build/use_$kind
  printed=$("$program" "$here/consumer/two_kernels.mlir")
  if [ "$printed" != "$expected" ]; then
    echo "$program printed '$printed', expected '$expected'" >&2
    exit 1
  fi
  if printf 'no model' | "$program" - 2>"$work/error.log"; then
    echo "$program accepted what is no model" >&2
    exit 1
  fi
  grep -q ':1:1' "$work/error.log" || { cat "$work/error.log" >&2; exit 1; }
done
needs=$(readelf -d "$work/build/use_tessera")
grep -q 'NEEDED.*libtessera\.so' <<<"$needs" ||
  { echo "use_tessera does not use the shared library" >&2; exit 1; }
"$work/prefix/bin/tessera" --version
