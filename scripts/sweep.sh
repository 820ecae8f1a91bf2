#!/usr/bin/env bash
# Measures the cells of a sweep one after another: finished ones are skipped, failed ones leave their reason in RESULTS.
# usage: scripts/sweep.sh SWEEP RESULTS    then: kinema report RESULTS --html report.html
# KINEMA: the program to measure [build/release/kinema of this checkout]
set -euo pipefail
if (( $# != 2 )); then
  echo "usage: sweep.sh SWEEP RESULTS" >&2
  exit 2
fi
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
kinema=${KINEMA:-$root/build/release/kinema}
mkdir -p "$2"
"$kinema" bench --script "$1" --results "$2" > "$2/sweep.sh"
KINEMA=$kinema exec sh "$2/sweep.sh" "$2"
