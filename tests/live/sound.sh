#!/usr/bin/env bash
# Listens to the files that the program writes: is the sound the one that was computed, in time with the pictures?
# usage: tests/live/sound.sh BUILD_FOLDER
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1")
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/sound.py" "$build/kinema"
