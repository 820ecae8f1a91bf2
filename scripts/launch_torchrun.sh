#!/usr/bin/env bash
# Starts one video's ranks on several nodes with torchrun: run it on every node, with its own NODE.
# usage: NODES=2 NODE=0 MASTER_ADDR=10.0.0.1 scripts/launch_torchrun.sh PER_NODE FLAGS_OF_GENERATE...
# e.g. NODES=2 NODE=0 MASTER_ADDR=10.0.0.1 scripts/launch_torchrun.sh 8 --cfg-parallel-size 2 --ulysses-degree 8 --seed 7 -p "..." -o fox.mp4
# MASTER_ADDR: an address of node 0 that the others reach. The number of all processes must be the degrees' product.
# Without --seed the first process draws one for all.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if (( $# < 2 )); then sed -n '2,4s/^# //p' "$0" >&2; exit 2; fi
per_node=$1; shift
torchrun=$root/.venv/bin/torchrun
[[ -x $torchrun ]] || torchrun=torchrun
exec "$torchrun" --no-python --nnodes "${NODES:-1}" --node-rank "${NODE:-0}" --nproc-per-node "$per_node" \
  --master-addr "${MASTER_ADDR:-127.0.0.1}" --master-port "${MASTER_PORT:-29400}" \
  "${KINEMA:-$root/build/release/kinema}" generate "$@"
