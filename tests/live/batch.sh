#!/usr/bin/env bash
# Batches that are killed, interrupted, grown, sharded and replayed; nothing may be lost or made twice.
# usage: tests/live/batch.sh BUILD_FOLDER [--kills 50]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1"); shift
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/batch.py" "$build/kinema" "$@"
