"""Checkpoints with hundreds of MB of weights and activations, in proportions of their own."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cases import write_checkpoint
from families import Family
from hunyuan15 import family as hunyuan15
from hunyuan15 import spec as hunyuan15_spec
from ltx2 import family as ltx2
from ltx2 import spec as ltx2_spec


@dataclass(frozen=True)
class MemoryCase:
    """A checkpoint with its call, and the stages whose peaks are compared, whole and in tiles."""

    family: Family
    spec: Any
    stages: tuple[str, ...]
    tiled: tuple[bool, ...] = (False, True)
    flags: tuple[str, ...] = ()


def make_case(case: MemoryCase, directory: Path) -> None:
    write_checkpoint(case.family, case.spec, directory)
    (directory / "case.json").write_text(json.dumps(case.spec.as_json()), encoding="utf-8")


PROMPTS = {
    "prompt": "a red fox runs past a sign, slow camera, realistic",
    "negative_prompt": "blurry",
}

HUNYUAN15 = hunyuan15_spec.CaseSpec(
    name="hunyuan15",
    weight_seed=1,
    call=hunyuan15_spec.Call(
        **PROMPTS,
        height=320,
        width=448,
        num_frames=9,
        num_inference_steps=1,
        guidance_scale=6.0,
        seed=42,
        tiling=hunyuan15_spec.Tiling(size=192, stride=144),
    ),
    transformer=hunyuan15_spec.Transformer(
        num_attention_heads=8,
        attention_head_dim=96,
        num_layers=4,
        mlp_ratio=4.0,
        rope_axes_dim=(16, 40, 40),
    ),
    text_encoder=hunyuan15_spec.TextEncoder(
        hidden_size=1024,
        num_hidden_layers=7,
        num_attention_heads=16,
        num_key_value_heads=4,
        intermediate_size=3072,
        mrope_section=(8, 12, 12),
    ),
    glyph_encoder=hunyuan15_spec.GlyphEncoder(
        d_model=64, d_kv=16, num_heads=4, d_ff=128, num_layers=2
    ),
    vae=hunyuan15_spec.Vae(
        latent_channels=8, block_out_channels=(16, 32, 64, 128, 128), layers_per_block=2
    ),
)

LTX2 = ltx2_spec.CaseSpec(
    name="ltx2",
    weight_seed=1,
    call=ltx2_spec.Call(
        **PROMPTS,
        height=256,
        width=384,
        num_frames=33,
        num_inference_steps=2,
        seed=42,
        max_sequence_length=256,
        tiling=ltx2_spec.Tiling(size=192, stride=128),
    ),
    transformer=ltx2_spec.Transformer(
        num_attention_heads=8,
        attention_head_dim=96,
        audio_num_attention_heads=8,
        audio_attention_head_dim=48,
        num_layers=4,
    ),
    text_encoder=ltx2_spec.TextEncoder(
        hidden_size=1024,
        num_hidden_layers=6,
        num_attention_heads=16,
        num_key_value_heads=4,
        head_dim=64,
        intermediate_size=3072,
        sliding_window=128,
    ),
    vae=ltx2_spec.Vae(
        latent_channels=32,
        block_out_channels=(32, 64, 128, 256),
        decoder_block_out_channels=(32, 64, 128),
    ),
    audio=ltx2_spec.Audio(
        base_channels=32, latent_channels=8, vocoder_channels=256, bwe_channels=256
    ),
)

# A clip of many small frames, whose sound takes more than its pictures.
LONG = replace(
    LTX2,
    name="ltx2-long",
    generation="2.3",
    call=replace(LTX2.call, height=192, width=256, num_frames=121, tiling=None),
    vae=replace(
        ltx2_spec.VAE_2_3,
        latent_channels=32,
        block_out_channels=(32, 64, 128, 128),
        decoder_block_out_channels=(32, 64, 64, 128),
    ),
    audio=replace(
        ltx2_spec.AUDIO_2_3,
        base_channels=32,
        latent_channels=8,
        vocoder_channels=512,
        bwe_channels=256,
    ),
)

# Weights that are converted are memory of the process, whenever they are loaded; the VAE comes after
# the first step.
CONVERTED = ("--dtype=bfloat16",)
AHEAD = (*CONVERTED, "--load-ahead=all")


def steps(case: Any, count: int) -> Any:
    return replace(case, call=replace(case.call, num_inference_steps=count))


CASES = [
    MemoryCase(hunyuan15.FAMILY, HUNYUAN15, ("encode_text", "denoise", "decode")),
    MemoryCase(ltx2.FAMILY, LTX2, ("encode_text", "denoise", "decode_audio", "decode")),
    MemoryCase(
        hunyuan15.FAMILY,
        steps(replace(HUNYUAN15, name="hunyuan15-ahead"), 3),
        ("encode_text", "denoise"),
        (False,),
        AHEAD,
    ),
    MemoryCase(
        ltx2.FAMILY,
        steps(replace(LTX2, name="ltx2-ahead"), 3),
        ("encode_text", "denoise", "decode_audio", "decode"),
        (False,),
        AHEAD,
    ),
    MemoryCase(
        hunyuan15.FAMILY,
        steps(replace(HUNYUAN15, name="hunyuan15-blocks"), 3),
        ("encode_text", "denoise"),
        (False,),
        (*AHEAD, "--offload=block"),
    ),
    MemoryCase(
        hunyuan15.FAMILY,
        replace(HUNYUAN15, name="hunyuan15-disk"),
        ("denoise",),
        (False,),
        (*CONVERTED, "--offload=disk"),
    ),
    MemoryCase(
        ltx2.FAMILY, LONG, ("encode_text", "denoise", "decode_audio", "decode"), tiled=(False,)
    ),
]
