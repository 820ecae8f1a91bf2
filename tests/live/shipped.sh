#!/usr/bin/env bash
# Compares the shipped models' videos with what diffusers makes of the same folders.
# usage: tests/live/shipped.sh BUILD_FOLDER [--steps N]
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/shipped.py" "$build/kinema" "$@"
