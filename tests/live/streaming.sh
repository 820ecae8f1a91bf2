#!/usr/bin/env bash
# Runs layouts with streamed weights (HSDP and --offload block) against the same layouts without.
# usage: tests/live/streaming.sh BUILD_FOLDER [hunyuan15/t2v ltx2/i2v ...]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1"); shift
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/streaming.py" "$build/kinema" "$@"
