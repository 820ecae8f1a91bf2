#!/usr/bin/env bash
# Compares the shipped models' videos with what diffusers makes of the same folders.
# usage: tests/live/shipped.sh BUILD_FOLDER [--steps N]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1"); shift
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/shipped.py" "$build/kinema" "$@"
