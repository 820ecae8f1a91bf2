#!/usr/bin/env bash
# Starts one video's ranks under Slurm, inside an allocation (salloc) or as a batch script's last line.
# usage: scripts/launch_srun.sh NODES PER_NODE FLAGS_OF_GENERATE...
# e.g. sbatch -N 2 --gpus-per-node 8 --wrap 'scripts/launch_srun.sh 2 8 --cfg-parallel-size 2 --ulysses-degree 8 --seed 7 -p "..." -o fox.mp4'
# Ranks meet on the step's first node, on a port that follows from the job's and the step's numbers; MASTER_ADDR and
# MASTER_PORT overrule both. Every task sees all GPUs of its node and takes the one of its local rank.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if (( $# < 3 )); then sed -n '2,4s/^# //p' "$0" >&2; exit 2; fi
nodes=$1 per_node=$2; shift 2
exec srun --nodes "$nodes" --ntasks-per-node "$per_node" --kill-on-bad-exit=1 \
  "${KINEMA:-$root/build/release/kinema}" generate "$@"
