#!/usr/bin/env bash
# Builds with CUDA and NCCL on a machine without network and without packages, checks and measures on its GPU, and
# writes OUT/gpu_check.json and OUT/gpu_check.md, in less than ten minutes.
# usage: scripts/gpu_check.sh [--out FOLDER] [--prebuilt FOLDER] [--dependencies FOLDER] [-- FLAGS OF scripts/gpu/check.py]
#   --dependencies  what scripts/gpu/collect_dependencies.sh gathered elsewhere [build/gpu-dependencies]
#   --prebuilt      a folder with kinema and kinema-engine made elsewhere: nothing is built
#   --device cpu --sizes tiny (after --) run every part without a GPU, as a test of this script
# LibTorch is python3's torch (PYTHON names another python3), or the one that CMAKE_PREFIX_PATH names.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
started=$SECONDS budget=570
out=build/gpu-check build=build/gpu prebuilt= dependencies=build/gpu-dependencies python=${PYTHON:-python3}
while (( $# )); do
  case "$1" in
    --out) out=$2; shift 2 ;;
    --prebuilt) prebuilt=$2; shift 2 ;;
    --dependencies) dependencies=$2; shift 2 ;;
    --) shift; break ;;
    *) echo "gpu_check.sh: unknown argument $1 (known: --out, --prebuilt, --dependencies, --)" >&2; exit 2 ;;
  esac
done
mkdir -p "$out"

torch=$("$python" -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])' 2> /dev/null) || torch=
if [[ -z $torch && -z ${CMAKE_PREFIX_PATH:-} ]]; then
  echo "gpu_check.sh: $python has no torch; set PYTHON or CMAKE_PREFIX_PATH" >&2; exit 2
fi

build_here() {
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DKINEMA_CUDA=ON -DKINEMA_NCCL=ON -DKINEMA_FFMPEG=OFF \
    -DCMAKE_PREFIX_PATH="${CMAKE_PREFIX_PATH:-};$torch;$PWD/$dependencies" -DCMAKE_DISABLE_FIND_PACKAGE_spdlog=ON &&
    ninja -C "$build" kinema kinema_engine kinema_nccl kinema_kernels_module &&
    # Tests are worth having, not worth failing for.
    { ninja -C "$build" fused_test nccl_test nccl_watch_test parallel_test collective_times pipeline_test || true; }
}

# Packages that are plain Python, for an interpreter that lacks them.
[[ -d $dependencies/python ]] && export PYTHONPATH=${PYTHONPATH:+$PYTHONPATH:}$(realpath "$dependencies/python")

failure=()
if [[ -n $prebuilt ]]; then
  build=$prebuilt
  # Its own search path names the machine that it was built on.
  export LD_LIBRARY_PATH=$torch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
elif ! build_here > "$out/build.log" 2>&1; then
  reason=$(grep -m1 -E 'error|Error|FAILED' "$out/build.log" || tail -n 1 "$out/build.log")
  failure=(--build-failed "${reason:-cmake or ninja is missing}")
  echo "gpu_check.sh: the build failed ($out/build.log); the parts without it go on" >&2
fi

exec "$python" scripts/gpu/check.py --build "$build" --out "$out" --work "$(mktemp -d "${TMPDIR:-/tmp}/gpu-check.XXXXXX")" \
  --budget $(( budget - (SECONDS - started) )) "${failure[@]}" "$@"
