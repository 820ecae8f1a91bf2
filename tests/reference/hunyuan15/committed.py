"""The two small cases that are committed under tests/data/hunyuan15."""

from case_files import Storage
from hunyuan15.spec import (
    Call,
    CaseSpec,
    TextEncoder,
    Tiling,
    Transformer,
    Vae,
)

# A contraction, digits, a newline, straight and curly quotes, a decomposed accent, an emoji and
# Chinese.
T2V = CaseSpec(
    name="t2v",
    weight_seed=1,
    call=Call(
        prompt='A red fox runs past a cafe\u0301 sign "Open 24h" and \u201cFuchs\u201d,\n'
        "it's 7 o'clock \U0001f98a \u72d0\u72f8.",
        negative_prompt="blurry, low quality",
        height=80,
        width=112,
        num_frames=9,
        num_inference_steps=3,
        guidance_scale=6.0,
        seed=42,
    ),
    transformer=Transformer(num_refiner_layers=1, glyph_projection_width=40),
    text_encoder=TextEncoder(config_style="transformers5"),
    storage={
        "transformer": Storage("float32", max_shard_size="600KB"),
        "vae": Storage("float16"),
    },
)

I2V = CaseSpec(
    name="i2v",
    weight_seed=2,
    call=Call(
        prompt="The cat walks to the boat; slow camera",
        negative_prompt="",
        height=48,
        width=80,
        num_frames=9,
        num_inference_steps=2,
        guidance_scale=3.5,
        seed=7,
        picture_size=(50, 84),
        tiling=Tiling(size=32, stride=16),
    ),
    transformer=Transformer(
        target_size=64, mlp_ratio=2.5, use_meanflow=True, glyph_projection_width=40
    ),
    text_encoder=TextEncoder(config_style="transformers4"),
    vae=Vae(block_out_channels=(8, 8, 16, 8, 16)),
    scheduler_shift=7.0,
    guider_scale=1.0,
    storage={
        "transformer": Storage("bfloat16"),
        "vae": Storage("bfloat16", max_shard_size="300KB"),
        "text_encoder": Storage("float16"),
        "image_encoder": Storage("float32"),
    },
)

COMMITTED = {spec.name: spec for spec in [T2V, I2V]}
