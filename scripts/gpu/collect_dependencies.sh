#!/usr/bin/env bash
# Gathers the headers and static libraries that a build without FFmpeg needs, for a machine without packages.
# usage: scripts/gpu/collect_dependencies.sh [FOLDER]     FOLDER [build/gpu-dependencies] is replaced
# With PYTHON (or .venv) that has diffusers, that too, as plain Python for a machine that has torch and transformers.
# On the other machine: cmake -DCMAKE_PREFIX_PATH="LIBTORCH;FOLDER" -DKINEMA_FFMPEG=OFF ..., as scripts/gpu_check.sh does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=${1:-build/gpu-dependencies}
roots=(/usr/include "/usr/include/$(gcc -dumpmachine)")
libraries=(/usr/lib "/usr/lib/$(gcc -dumpmachine)")

rm -rf "$folder"
mkdir -p "$folder/include" "$folder/lib"
# take INTO NAME FOLDER...: NAME from the first folder that has it.
take() {
  local into=$1 name=$2 from; shift 2
  for from in "$@"; do
    [[ -e $from/$name ]] && { cp -rL "$from/$name" "$folder/$into/"; return; }
  done
  echo "collect_dependencies.sh: $name is in none of: $* (scripts/setup.sh --tests installs it)" >&2
  exit 1
}
for header in CLI catch2 fmt gloo nlohmann pcre2.h spdlog utf8proc.h; do take include "$header" "${roots[@]}"; done
for library in libpcre2-8.a libutf8proc.a; do take lib "$library" "${libraries[@]}"; done
python=${PYTHON:-.venv/bin/python}
diffusers=$("$python" -c 'import importlib.util as u; print(u.find_spec("diffusers").submodule_search_locations[0])' 2> /dev/null) || diffusers=
if [[ -n $diffusers ]]; then
  mkdir -p "$folder/python"
  # What tells its version lies beside it.
  cp -r "$diffusers" "$diffusers"-*.dist-info "$folder/python/"
  find "$folder/python" -name __pycache__ -prune -exec rm -rf {} +
else
  echo "collect_dependencies.sh: $python has no diffusers; the figures beside it will be left out" >&2
fi
echo "$folder: $(du -sh "$folder" | cut -f1)" >&2
