#!/usr/bin/env bash
# Plans every job and every sweep under configs/ with checkpoints of the released sizes that hold no weights.
# usage: tests/live/configs.sh BUILD_FOLDER
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1"); shift
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/configs.py" "$build/kinema" "$@"
