#!/usr/bin/env bash
# Compares runs with random LoRA files with diffusers on weights that torch has added them to, and layouts with one process.
# usage: tests/live/adapters.sh BUILD_FOLDER [hunyuan15/t2v ltx2/i2v ...]
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/adapters.py" "$build/kinema" "$@"
