#!/usr/bin/env bash
# The GPU script's sums and verdicts, and a run of it without a GPU.
# usage: tests/live/gpu_script.sh BUILD_FOLDER
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1"); shift
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
"$root/.venv/bin/python" "$root/scripts/gpu/check_shapes.py"
exec "$root/.venv/bin/python" "$root/tests/live/gpu_script.py" "$build" "$@"
