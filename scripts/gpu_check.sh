#!/usr/bin/env bash
# Checks and measures on the GPU of a machine without network and without packages, in less than ten minutes; writes
# OUT/gpu_check.json, OUT/gpu_check.md and a few logs. Elsewhere first, then there, from the top of the same sources:
#   scripts/gpu/pack.sh                                                  makes build/gpu-check.tar.xz (about 5 MB)
#   scripts/gpu_check.sh --packed build/gpu-check.tar.xz --out OUT
# usage: scripts/gpu_check.sh [--out FOLDER] [--packed FILE] [--prebuilt FOLDER] [-- FLAGS OF scripts/gpu/check.py]
#   --packed    unpacked into build/; its programs are used if they fit the LibTorch that is here. Where they do not,
#               this says why and builds with its headers and static libraries (cmake, ninja, nvcc and g++ are needed),
#               which ends in time for the checks; what there was no time for is built by the next call
#   --prebuilt  a folder with kinema and kinema-engine: nothing is built
#   --device cpu --sizes tiny (after --) run every part without a GPU, as a test of this script
#   --parts a,b (after --) run those alone; a second call can do what the first had no time for
# LibTorch is python3's torch (PYTHON names another python3), or the one that CMAKE_PREFIX_PATH names.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
started=$SECONDS budget=570
out=build/gpu-check build=build/gpu packed='' prebuilt='' dependencies=build/gpu-dependencies python=${PYTHON:-python3}
while (( $# )); do
  case "$1" in
    --out) out=$2; shift 2 ;;
    --packed) packed=$2; shift 2 ;;
    --prebuilt) prebuilt=$2; shift 2 ;;
    --) shift; break ;;
    *) echo "gpu_check.sh: unknown argument $1 (known: --out, --packed, --prebuilt, --)" >&2; exit 2 ;;
  esac
done
mkdir -p "$out"

torch=$("$python" -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])' 2> /dev/null) || torch=
if [[ -z $torch && -z ${CMAKE_PREFIX_PATH:-} ]]; then
  echo "gpu_check.sh: $python has no torch; set PYTHON or CMAKE_PREFIX_PATH" >&2; exit 2
fi

# Their own search paths name the machine that they were built on.
find_libraries() {
  local folder
  for folder in "$torch" "$torch"/../nvidia/*; do
    [[ -d $folder/lib ]] && LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$(realpath "$folder/lib")
  done
  export LD_LIBRARY_PATH
}

# why_not FOLDER: in one sentence why its programs cannot run here; nothing if they can.
why_not() {
  local folder=$1 made here lacks program scratch
  made=$(cat "$folder/made_with" 2> /dev/null) here=$("$python" scripts/gpu/made_with.py 2> /dev/null)
  if [[ -n $made && -n $here && $made != "$here" ]]; then
    echo "the programs were built with $made, and here is $here"; return
  fi
  for program in kinema kinema-engine libkinema_kernels.so; do
    [[ -e $folder/$program ]] || continue
    lacks=$(ldd "$folder/$program" 2>&1 | grep -m1 'not found')
    [[ -n $lacks ]] && { echo "$program does not start here: ${lacks//$'\t'/}"; return; }
  done
  scratch=$(mktemp -d)
  lacks=$(timeout 60 "$folder/kinema" generate --model=tests/data/hunyuan15/t2v/model --prompt=start --seed=1 --width=96 --height=64 --num-frames=9 \
    --num-inference-steps=1 --device=cpu --progress=none --frames-dir="$scratch/frames" 2>&1 > /dev/null) || echo "the programs do not run here: ${lacks%%$'\n'*}"
  rm -rf "$scratch"
}

# before SECOND COMMAND...: until so many seconds after the start at most; the status is 124 where they were not enough.
before() {
  local left=$(( $1 - (SECONDS - started) )); shift
  timeout $(( left > 1 ? left : 1 )) "$@"
}

build_here() {
  local PATH=$PATH:/usr/local/cuda/bin
  mkdir -p "$build" && touch "$build/built_here" || return
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DKINEMA_CUDA=ON -DKINEMA_NCCL=ON -DKINEMA_FFMPEG=OFF \
    -DCMAKE_PREFIX_PATH="${CMAKE_PREFIX_PATH:-};$torch;$PWD/$dependencies" -DCMAKE_DISABLE_FIND_PACKAGE_spdlog=ON &&
    before 420 ninja -C "$build" kinema kinema_engine kinema_nccl kinema_kernels_module || return
  # Tests are worth having, not worth failing for.
  before 450 ninja -C "$build" fused_test nccl_test nccl_watch_test parallel_test collective_times || true
}

if [[ -n $packed && -e $build/built_here ]]; then
  echo "gpu_check.sh: goes on with what an earlier call built in $build" >&2
elif [[ -n $packed ]]; then
  tar -xf "$packed" 2> /dev/null || "$python" -m tarfile -e "$packed" . || { echo "gpu_check.sh: $packed cannot be unpacked" >&2; exit 2; }
  prebuilt=$build
fi
# Packages that are plain Python, for an interpreter that lacks them.
if [[ -d $dependencies/python ]]; then
  PYTHONPATH=${PYTHONPATH:+$PYTHONPATH:}$(realpath "$dependencies/python")
  export PYTHONPATH
fi

told=()
if [[ -n $prebuilt ]]; then
  find_libraries
  reason=$(why_not "$prebuilt")
  if [[ -z $reason ]]; then
    build=$prebuilt told=(--build-told "$prebuilt as it was brought")
  elif [[ -n $packed ]]; then
    echo "gpu_check.sh: $reason; building here" >&2
    rm -rf "$build"; prebuilt=''
  else
    echo "gpu_check.sh: $reason" >&2; exit 2
  fi
fi
if [[ -z $prebuilt ]]; then
  build_here > "$out/build.log" 2>&1
  status=$?
  if (( status == 0 )); then
    told=(--build-told "built here${reason:+, since $reason}")
  else
    # The names of what is compiled have such words too.
    failed=$(grep -m1 -E 'error: |CMake Error|command not found' "$out/build.log" || tail -n 1 "$out/build.log")
    (( status == 124 )) && failed="there was no time to end it; the next call goes on with it"
    told=(--build-failed "${failed:-cmake or ninja is missing}")
    echo "gpu_check.sh: the build failed ($out/build.log); the parts without it go on" >&2
  fi
fi

exec "$python" scripts/gpu/check.py --build "$build" --out "$out" \
  --budget $(( budget - (SECONDS - started) )) "${told[@]}" "$@"
