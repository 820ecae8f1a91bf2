#!/usr/bin/env bash
# Cuts files of weights short while runs use them, and looks at what is said and left.
# usage: tests/live/cut_files.sh BUILD_FOLDER
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/cut_files.py" "$build/kinema" "$@"
