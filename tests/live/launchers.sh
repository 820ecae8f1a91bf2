#!/usr/bin/env bash
# Starts the ranks as torchrun, Open MPI and Slurm do, and with variables that cannot be right.
# usage: tests/live/launchers.sh BUILD_FOLDER
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1")
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/launchers.py" "$build/kinema"
