#!/usr/bin/env bash
# Compares the shipped model's clip and sound with diffusers', and listens to the MP4.
# usage: tests/live/shipped_sound.sh BUILD_FOLDER [--steps N]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1"); shift
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/shipped_sound.py" "$build/kinema" "$@"
