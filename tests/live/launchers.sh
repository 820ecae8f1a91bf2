#!/usr/bin/env bash
# Starts the ranks as torchrun, Open MPI and Slurm do, and with variables that cannot be right.
# usage: tests/live/launchers.sh BUILD_FOLDER
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
exec "$python" "$root/tests/live/launchers.py" "$build/kinema" "$@"
