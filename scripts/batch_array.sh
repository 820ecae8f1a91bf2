#!/usr/bin/env bash
# Makes the jobs of one file on several machines: a Slurm job array in which task I of N makes every N-th job.
# usage: sbatch --array=1-8 --gpus-per-node=4 scripts/batch_array.sh JOBS.json FLAGS_OF_BATCH...
# e.g.   sbatch --array=1-8 --gpus-per-node=4 scripts/batch_array.sh jobs.json --num-gpus 4
# Outside of Slurm: SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=8 scripts/batch_array.sh jobs.json
# A task that is started again goes on where it stopped: its state lies in .kinema beside the file. One machine of a task
# is one launch; flags like --cfg-parallel-size say how each video is shared by its GPUs.
set -euo pipefail
if (( $# < 1 )); then sed -n '3,4s/^# //p' "$0" >&2; exit 2; fi
# Slurm runs a copy of this script, in the folder that sbatch was called from.
root=${KINEMA_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
[[ -x ${KINEMA:-$root/build/release/kinema} ]] || root=${SLURM_SUBMIT_DIR:-$PWD}
index=$(( SLURM_ARRAY_TASK_ID - ${SLURM_ARRAY_TASK_MIN:-1} + 1 ))
exec "${KINEMA:-$root/build/release/kinema}" batch "$@" --shard "$index/$SLURM_ARRAY_TASK_COUNT"
