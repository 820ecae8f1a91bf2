#!/usr/bin/env bash
# Listens to the files that the program writes: is the sound the one that was computed, in time with the pictures?
# usage: tests/live/sound.sh BUILD_FOLDER
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/sound.py" "$build/kinema" "$@"
