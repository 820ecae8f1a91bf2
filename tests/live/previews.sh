#!/usr/bin/env bash
# Runs tiny jobs of both families with previews and without, alone and in two processes.
# usage: tests/live/previews.sh BUILD_FOLDER
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/previews.py" "$build/kinema" "$@"
