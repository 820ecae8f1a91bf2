#!/usr/bin/env bash
# The GPU script's sums and verdicts, and a run of it without a GPU.
# usage: tests/live/gpu_script.sh BUILD_FOLDER
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
"$python" "$root/scripts/gpu/check_shapes.py"
exec "$python" "$root/tests/live/gpu_script.py" "$build" "$@"
