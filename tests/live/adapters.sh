#!/usr/bin/env bash
# Compares runs with random LoRA files with diffusers on weights that torch has added them to, and layouts with one process.
# usage: tests/live/adapters.sh BUILD_FOLDER [hunyuan15/t2v ltx2/i2v ...]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1"); shift
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/adapters.py" "$build/kinema" "$@"
