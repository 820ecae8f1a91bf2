#!/usr/bin/env bash
# Batches that are killed, interrupted, grown, sharded and replayed; nothing may be lost or made twice.
# usage: tests/live/batch.sh BUILD_FOLDER [--kills 50]
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/batch.py" "$build/kinema" "$@"
