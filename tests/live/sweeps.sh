#!/usr/bin/env bash
# Sweeps over layouts with a tiny checkpoint on the CPU, with cells that fail, and reads every form of the report.
# usage: tests/live/sweeps.sh BUILD_FOLDER [--keep FOLDER]
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/sweeps.py" "$build/kinema" "$@"
