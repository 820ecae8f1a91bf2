# What every script here begins with: the places it names, and an environment that is the same on every machine.
# Sourced; the first word of the script is the folder of a build, the others are left to it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
python=$root/.venv/bin/python
if [[ ! -x ${1:-}/kinema ]]; then
  echo "$(basename "$0"): there is no ${1:-BUILD_FOLDER}/kinema; give the folder of a build, such as build/release" >&2
  exit 2
fi
build=$(realpath "$1")
shift
source "$root/tests/plain_environment.bash"
# Nothing here is for a GPU.
export CUDA_VISIBLE_DEVICES='' OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false
export LC_ALL=C.UTF-8 PYTHONUTF8=1 PYTHONDONTWRITEBYTECODE=1
