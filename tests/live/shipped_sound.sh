#!/usr/bin/env bash
# Compares the shipped model's clip and sound with diffusers', and listens to the MP4.
# usage: tests/live/shipped_sound.sh BUILD_FOLDER [--steps N]
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/shipped_sound.py" "$build/kinema" "$@"
