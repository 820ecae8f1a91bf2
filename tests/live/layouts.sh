#!/usr/bin/env bash
# Runs every parallel layout against one process, on the CPU over Gloo, and prints the table.
# usage: tests/live/layouts.sh BUILD_FOLDER [hunyuan15/t2v ltx2/i2v ...]
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/layouts.py" "$build/kinema" "$@"
