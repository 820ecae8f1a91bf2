#!/usr/bin/env bash
# Compares the memory that is planned for each stage with what is measured there.
# usage: tests/live/memory.sh BUILD_FOLDER
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/memory.py" "$build/kinema" "$@"
