"""The mid-size random checkpoint that the side-by-side benchmark runs: large enough that arithmetic
counts.

usage: benchmark_checkpoint.py DIR [--heads N ...]   (the benchmark starts it)
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import reference_environment

from cases import write_checkpoint
from hunyuan15.family import FAMILY
from hunyuan15.spec import Call, CaseSpec, GlyphEncoder, TextEncoder, Transformer, Vae

CALL = Call(
    prompt='A red fox runs past a sign that says "Open 24h", slow camera, realistic',
    negative_prompt="blurry, low quality",
    height=256,
    width=384,
    num_frames=9,
    num_inference_steps=4,
    guidance_scale=6.0,
    seed=42,
)
CALL_SIZES = ["height", "width", "num_frames", "num_inference_steps"]


def benchmark_spec(heads: int, layers: int, call: Call) -> CaseSpec:
    """Heads of 64; the other parts stay in proportion to a width of 512."""
    return CaseSpec(
        name="benchmark",
        weight_seed=1,
        call=call,
        transformer=Transformer(
            num_attention_heads=heads,
            attention_head_dim=64,
            num_layers=layers,
            mlp_ratio=4.0,
            rope_axes_dim=(16, 24, 24),
        ),
        text_encoder=TextEncoder(
            hidden_size=512,
            num_hidden_layers=8,
            num_attention_heads=8,
            num_key_value_heads=2,
            intermediate_size=1536,
            mrope_section=(8, 12, 12),
        ),
        glyph_encoder=GlyphEncoder(d_model=256, d_kv=32, num_heads=4, d_ff=512, num_layers=4),
        vae=Vae(latent_channels=16, block_out_channels=(16, 32, 64, 128, 128), layers_per_block=2),
    )


def add_size_flags(parser: argparse.ArgumentParser) -> None:
    """The sizes a user may choose, with defaults for minutes on two cores."""
    parser.add_argument("--heads", type=int, default=8, help="of 64 [%(default)s]")
    parser.add_argument("--layers", type=int, default=8, help="[%(default)s]")
    for name in CALL_SIZES:
        default = getattr(CALL, name)
        parser.add_argument(
            "--" + name.replace("_", "-"), type=int, default=default, help="[%(default)s]"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    add_size_flags(parser)
    arguments = parser.parse_args()
    reference_environment.settle_torch()
    call = replace(CALL, **{name: getattr(arguments, name) for name in CALL_SIZES})
    spec = benchmark_spec(arguments.heads, arguments.layers, call)
    write_checkpoint(FAMILY, spec, arguments.directory)
    (arguments.directory / "case.json").write_text(json.dumps(spec.as_json()), encoding="utf-8")


if __name__ == "__main__":
    main()
