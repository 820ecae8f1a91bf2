#!/usr/bin/env bash
# Runs layouts with streamed weights (HSDP and --offload block) against the same layouts without.
# usage: tests/live/streaming.sh BUILD_FOLDER [hunyuan15/t2v ltx2/i2v ...]
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/streaming.py" "$build/kinema" "$@"
