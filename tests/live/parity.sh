#!/usr/bin/env bash
# Compares the program with diffusers: the committed cases, and new ones that are made on the spot.
# usage: tests/live/parity.sh BUILD_FOLDER
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1")
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
python=$root/.venv/bin/python reference=$root/tests/reference data=$root/tests/data/hunyuan15
status=0
# The tools can fail, and the committed cases are what diffusers gives today.
"$python" "$reference/self_check.py" || status=1
# Series 26: bfloat16 and float16 weights, emoji, quotes over lines, special tokens; its picture's model is a meanflow one.
"$python" "$reference/compare_run.py" --kinema "$build/kinema" --extra=--threads=1 \
  "$data/t2v" "$data/i2v" --held-out hunyuan15 3 --seed 26 || status=1
exit $status
