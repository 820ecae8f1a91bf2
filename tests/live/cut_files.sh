#!/usr/bin/env bash
# Cuts files of weights short while runs use them, and looks at what is said and left.
# usage: tests/live/cut_files.sh BUILD_FOLDER
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1")
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/cut_files.py" "$build/kinema"
