#!/usr/bin/env bash
# Starts one video's ranks with Open MPI, on this machine or on the nodes of a host file.
# usage: [HOSTFILE=hosts MASTER_ADDR=10.0.0.1] scripts/launch_mpirun.sh PROCESSES FLAGS_OF_GENERATE...
# e.g. HOSTFILE=hosts MASTER_ADDR=10.0.0.1 scripts/launch_mpirun.sh 16 --cfg-parallel-size 2 --ulysses-degree 8 --seed 7 -p "..." -o fox.mp4
# MPI tells a process its rank, not where to meet: MASTER_ADDR is the address of the first host (rank 0's), MASTER_PORT a
# free port there. Program and checkpoint lie at the same path everywhere.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if (( $# < 2 )); then sed -n '2,4s/^# //p' "$0" >&2; exit 2; fi
processes=$1; shift
export MASTER_ADDR=${MASTER_ADDR:-127.0.0.1} MASTER_PORT=${MASTER_PORT:-29401}
options=(-n "$processes" -x MASTER_ADDR -x MASTER_PORT)
if [[ -n ${HOSTFILE:-} ]]; then options+=(--hostfile "$HOSTFILE"); else options+=(--oversubscribe); fi
# Containers are often root, which Open MPI refuses otherwise.
(( EUID != 0 )) || options+=(--allow-run-as-root)
exec mpirun "${options[@]}" "${KINEMA:-$root/build/release/kinema}" generate "$@"
