#!/usr/bin/env bash
# Packs what scripts/gpu_check.sh wants on a machine without network and packages: programs and tests built with CUDA and NCCL,
# stripped; headers and static libraries, should they have to be built there; and diffusers, if python has it.
# usage: scripts/gpu/pack.sh [--no-build] [FILE]     FILE [build/gpu-check.tar.xz] is replaced
#   --no-build  pack what build/gpu holds already
# nvcc and scripts/setup.sh --tests are needed, a GPU is not. LibTorch is that of PYTHON (or .venv).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
builds=1
[[ ${1:-} == --no-build ]] && { builds=0; shift; }
file=${1:-build/gpu-check.tar.xz} build=build/gpu dependencies=build/gpu-dependencies python=${PYTHON:-.venv/bin/python}
programs=(kinema kinema-engine libkinema_kernels.so libkinema_nccl.so)
targets=(kinema kinema_engine kinema_nccl kinema_kernels_module collective_times)
programs+=(tests/comm/collective_times)
for test in fused nccl nccl_watch parallel; do targets+=("${test}_test") programs+=("tests/$test/${test}_test"); done

torch=$("$python" -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])')
scripts/gpu/collect_dependencies.sh "$dependencies"
if (( builds )); then
  # Test programs find their data and modules from the top of the sources, wherever that is there.
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DKINEMA_CUDA=ON -DKINEMA_NCCL=ON -DKINEMA_FFMPEG=OFF \
    -DCMAKE_PREFIX_PATH="$torch;$PWD/$dependencies" -DCMAKE_DISABLE_FIND_PACKAGE_spdlog=ON \
    -DKINEMA_TEST_DATA=tests/data -DKINEMA_TEST_MODULES="$build"
  ninja -C "$build" "${targets[@]}"
fi

staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
mkdir -p "$staged/$build"
cp -r "$dependencies" "$staged/build/"
for program in "${programs[@]}"; do
  [[ -e $build/$program ]] || { echo "pack.sh: $build/$program was not built and is left out" >&2; continue; }
  mkdir -p "$staged/$build/$(dirname "$program")"
  strip -s -o "$staged/$build/$program" "$build/$program"
done
"$python" scripts/gpu/made_with.py > "$staged/$build/made_with"
tar -C "$staged" -cJf "$file" build
# bytes_of PATHS...: of the files that git keeps or would keep.
bytes_of() {
  git ls-files -z --cached --others --exclude-standard -- "$@" | xargs -0 du -cb 2> /dev/null | awk '$2 == "total" { bytes += $1 } END { print bytes + 0 }'
}
packed=$(stat -c %s "$file")
echo "$file: $(du -h "$file" | cut -f1), $(cat "$staged/$build/made_with"); programs $(du -sh "$staged/$build" | cut -f1), unpacked. To be brought there" \
  "with the sources: $(( ($(bytes_of .) + packed) >> 20 )) MiB, without configs/models, which nobody asks for there, $(( ($(bytes_of . ':!configs/models') + packed) >> 20 ))" >&2
