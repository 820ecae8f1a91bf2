#!/usr/bin/env bash
# README's first command: installs, builds, and makes a first video.
# usage: scripts/quickstart.sh [PROMPT]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
prompt=${1:-a red circle moves right over a dark blue background}
scripts/setup.sh
start=$SECONDS
build/release/kinema generate --prompt "$prompt" --seed 1 -o first.mp4 --overwrite
echo "first.mp4: \"$prompt\", made in $(( SECONDS - start )) s" >&2
