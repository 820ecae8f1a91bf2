#!/usr/bin/env bash
# Runs tiny jobs of both families with previews and without, alone and in two processes.
# usage: tests/live/previews.sh BUILD_FOLDER
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1"); shift
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/previews.py" "$build/kinema" "$@"
