#!/usr/bin/env bash
# Compares the memory that is planned for each stage with what is measured there.
# usage: tests/live/memory.sh BUILD_FOLDER
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "$1")
export PYTHONDONTWRITEBYTECODE=1
exec "$root/.venv/bin/python" "$root/tests/live/memory.py" "$build/kinema"
