#!/usr/bin/env bash
# Makes ranks fail in every way and phase, interrupts runs, and looks at what is said and left.
# usage: tests/live/faults.sh BUILD_FOLDER [--repeat N]
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/faults.py" "$build/kinema" "$@"
