#!/usr/bin/env bash
# Sweeps over layouts with a tiny checkpoint on the CPU, with cells that fail, and reads every form of the report.
# usage: tests/live/sweeps.sh BUILD_FOLDER [--keep FOLDER]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1"); shift
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/sweeps.py" "$build/kinema" "$@"
