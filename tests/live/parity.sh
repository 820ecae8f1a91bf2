#!/usr/bin/env bash
# Compares the program with diffusers: the committed cases, and new ones that are made on the spot.
# usage: tests/live/parity.sh BUILD_FOLDER
source "$(dirname "${BASH_SOURCE[0]}")/settled.bash"
reference=$root/tests/reference data=$root/tests/data
status=0
# The tools can fail, and the committed cases are what diffusers gives today.
"$python" "$reference/self_check.py" || status=1
compare() { "$python" "$reference/compare_run.py" --kinema "$build/kinema" --extra=--threads=1 "$@" || status=1; }
# Series 26: bfloat16 and float16 weights, emoji, quotes over lines, special tokens; its picture's model is a meanflow one.
compare "$data/hunyuan15/t2v" "$data/hunyuan15/i2v" --held-out hunyuan15 3 --seed 26
# Series 18: given sigmas, tiles in time, a second stage, decoders that are causal or told of noise, both rope layouts, 25 to 60 frames a second.
compare "$data/ltx2/t2v" "$data/ltx2/i2v" --held-out ltx2 4 --seed 18
# Series 212: pictures at chosen frames, several at once, the first frame among them, one with a decoder that is told of noise.
compare --held-out ltx2 3 --seed 212
exit $status
