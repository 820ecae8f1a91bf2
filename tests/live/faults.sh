#!/usr/bin/env bash
# Makes ranks fail in every way and phase, interrupts runs, and looks at what is said and left.
# usage: tests/live/faults.sh BUILD_FOLDER [--repeat N]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1"); shift
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/faults.py" "$build/kinema" "$@"
