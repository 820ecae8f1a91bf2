#!/usr/bin/env bash
# Plans every job and every sweep under configs/ with checkpoints of the released sizes that hold no weights.
# usage: tests/live/configs.sh BUILD_FOLDER
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/configs.py" "$build/kinema" "$@"
