#!/usr/bin/env bash
# Sets up, builds, and runs the main job on EfficientNet-B0: where it loses its
# time on a TPU v3, and what rewriting gains. Results land in demo-out/.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'END'
usage: tools/demo.sh [--no-setup] [--jobs N]
  --no-setup  do not look for missing packages
  --jobs N    build with N processes (default: one per core)
TESSERA_SHARED=DIR takes torchvision's EfficientNet-B0 from DIR/models instead
of the network that the project emits itself.
END
}

setup=yes
jobs=$(nproc)
while [ $# -gt 0 ]; do
  case $1 in
  --no-setup) setup=no ;;
  --jobs) shift; jobs=${1:-} ;;
  -h | --help) usage; exit 0 ;;
  *) printf 'demo: unknown option %s\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
if ! [[ $jobs =~ ^[1-9][0-9]*$ ]]; then
  printf 'demo: --jobs needs a positive number\n' >&2
  exit 2
fi

out=demo-out
tessera=build/bin/tessera
say() { printf '\n== %s\n' "$*"; }
step() { printf '\n$ %s\n' "$*"; "$@"; }

say "1/5 packages"
if [ $setup = yes ]; then tools/setup.sh; else echo "skipped"; fi

say "2/5 build"
cmake --preset default >/dev/null
cmake --build --preset default -j "$jobs" --target all
mkdir -p "$out"

say "3/5 where EfficientNet-B0 loses its time on a TPU v3"
model=$out/efficientnet-b0.mlir
torch=${TESSERA_SHARED:-}/models/efficientnet_b0.torch.linalg.mlir
if [ -n "${TESSERA_SHARED:-}" ] && [ -r "$torch" ]; then
  echo "the model is $torch"
  cp -f "$torch" "$model"
  chmod u+w "$model"
else
  step $tessera zoo efficientnet-b0 --dialect tosa -o $model
fi
step $tessera explain $model --target tpu-v3

say "4/5 what rewriting gains: the best trade-offs of time against change"
step $tessera search $model --target tpu-v3 --allow retrain -o $out/search

say "5/5 rewrites marked exact keep the function: both models run and compared"
step $tessera search $model --target tpu-v3 --allow exact -o $out/exact
fastest=$(find $out/exact -name '*.mlir' | sort -V | tail -n 1)
step $tessera verify $model "$fastest" --seeds 1

cat <<END

The report with all points is $out/search/report.html (one file, open it in a
browser); the rewritten models lie beside it. Any of them goes back into MLIR:
  /usr/lib/llvm-22/bin/mlir-opt --load-pass-plugin=build/lib/TesseraPasses.so \\
    --pass-pipeline='builtin.module(tessera-explain{target=tpu-v3})' FILE
END
