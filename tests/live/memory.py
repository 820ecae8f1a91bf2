#!/usr/bin/env python3
"""Compares the peak that the plan gives each stage with the one that is measured there.

Tiny checkpoints cannot show it: the program itself would be most of their memory. The one made here
has weights and activations of several hundred MB, in proportions unlike a released one's.

memory.py PROGRAM
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from live_checks import Checks

import reference_environment
from cases import write_checkpoint
from hunyuan15.family import FAMILY
from hunyuan15.spec import Call, CaseSpec, GlyphEncoder, TextEncoder, Tiling, Transformer, Vae
from kinema_program import generate_arguments, read_case, run_program

TOLERANCE = 0.1  # of the planned peak, both ways
STAGES = ("encode_text", "denoise", "decode")
SPEC = CaseSpec(
    name="memory",
    weight_seed=1,
    call=Call(
        prompt="a red fox runs past a sign, slow camera, realistic",
        negative_prompt="blurry",
        height=320,
        width=448,
        num_frames=9,
        num_inference_steps=1,
        guidance_scale=6.0,
        seed=42,
        tiling=Tiling(size=192, stride=144),
    ),
    transformer=Transformer(
        num_attention_heads=8,
        attention_head_dim=96,
        num_layers=4,
        mlp_ratio=4.0,
        rope_axes_dim=(16, 40, 40),
    ),
    text_encoder=TextEncoder(
        hidden_size=1024,
        num_hidden_layers=7,
        num_attention_heads=16,
        num_key_value_heads=4,
        intermediate_size=3072,
        mrope_section=(8, 12, 12),
    ),
    glyph_encoder=GlyphEncoder(d_model=64, d_kv=16, num_heads=4, d_ff=128, num_layers=2),
    vae=Vae(latent_channels=8, block_out_channels=(16, 32, 64, 128, 128), layers_per_block=2),
)


def make_case(directory: Path) -> None:
    reference_environment.settle_torch()
    write_checkpoint(FAMILY, SPEC, directory)
    (directory / "case.json").write_text(json.dumps(SPEC.as_json()), encoding="utf-8")


def check_peaks(program: Path, case_dir: Path, checks: Checks, tiled: bool) -> None:
    name = "tiled" if tiled else "whole"
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        flags = [
            flag
            for flag in generate_arguments(case_dir, read_case(case_dir), tiled, out)
            if not flag.startswith("--save-tensors")  # holds all frames twice
        ]
        finished = run_program([str(program), "generate", *flags, "--threads=2", "--progress=none"])
        if not checks.expect(finished.status == 0, f"{name}: {finished.messages}"):
            return
        stages = json.loads((out / "metrics.json").read_text(encoding="utf-8"))["stages"]
    for stage in STAGES:
        planned, measured = stages[stage]["planned"]["peak_bytes"], stages[stage]["peak_host_bytes"]
        text = (
            f"{name:5s} {stage:11s} planned {planned / 1e6:6.1f} MB, measured "
            f"{measured / 1e6:6.1f} MB, {measured / planned:.3f} of it"
        )
        print(text, flush=True)
        checks.expect(abs(measured / planned - 1) <= TOLERANCE, text)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", type=Path)
    arguments = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        case_dir = Path(scratch) / "case"
        make_case(case_dir)
        for tiled in (False, True):
            check_peaks(arguments.program, case_dir, checks, tiled)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
