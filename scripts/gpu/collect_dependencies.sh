#!/usr/bin/env bash
# Gathers the headers and static libraries that a build without FFmpeg needs, for a machine without packages.
# usage: scripts/gpu/collect_dependencies.sh [FOLDER]     FOLDER [build/gpu-dependencies] is replaced
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
echo "$folder: $(du -sh "$folder" | cut -f1)" >&2
