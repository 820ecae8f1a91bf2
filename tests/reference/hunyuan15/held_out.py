"""Draws held-out cases: other sizes, prompts, frame counts, guidance, file forms; none of them is
committed."""

import random
from typing import Literal

from case_files import Storage
from prompts import NEGATIVE_PROMPTS, PROMPTS
from hunyuan15.spec import (
    Call,
    CaseSpec,
    GlyphEncoder,
    ImageEncoder,
    TextEncoder,
    Tiling,
    Transformer,
    Vae,
)

VAE_CHANNELS = [(8, 8, 8, 16, 16), (8, 16, 16, 16, 16), (8, 16, 8, 16, 16), (16, 16, 16, 16, 32)]
TILINGS = [Tiling(64, 48), Tiling(64, 32), Tiling(32, 16), Tiling(128, 96)]
DTYPES = ["float32", "bfloat16", "float16"]
ROPE_AXES = {
    16: [(4, 6, 6), (2, 6, 8), (8, 4, 4)],
    8: [(2, 2, 4), (4, 2, 2)],
    24: [(4, 8, 12), (8, 10, 6)],
}
# Sums to half of each text head size.
MROPE_SECTIONS = {8: (1, 1, 2), 12: (2, 2, 2), 16: (2, 3, 3)}


def _call(rng: random.Random, prompt: str, picture_size: tuple[int, int] | None) -> Call:
    return Call(
        prompt=prompt,
        negative_prompt=rng.choice(NEGATIVE_PROMPTS),
        height=16 * rng.randint(2, 8),
        width=16 * rng.randint(2, 8),
        num_frames=rng.choice([1, 5, 9, 13, 17]),
        num_inference_steps=rng.randint(1, 4),
        guidance_scale=rng.choice([1.0, 6.0, 6.0, 2.5, 0.5, 7.5]),
        seed=rng.choice([0, 1, 42, 2**31, 2**32 + 5, rng.randrange(2**40)]),
        picture_size=picture_size,
        tiling=rng.choice(TILINGS),
    )


def _transformer(rng: random.Random, target_size: int, meanflow: bool) -> Transformer:
    head_dim = rng.choice([16, 16, 8, 24])
    return Transformer(
        num_attention_heads=rng.choice([4, 8]),
        attention_head_dim=head_dim,
        num_layers=rng.randint(1, 4),
        num_refiner_layers=rng.randint(1, 3),
        mlp_ratio=rng.choice([1.5, 2.0, 2.5, 3.0, 4.0]),
        rope_axes_dim=rng.choice(ROPE_AXES[head_dim]),
        rope_theta=rng.choice([256.0, 100.0]),
        target_size=target_size,
        use_meanflow=meanflow,
    )


def _text_encoder(
    rng: random.Random, style: Literal["transformers4", "transformers5"]
) -> TextEncoder:
    heads, head_dim = rng.choice([4, 6]), rng.choice([8, 12, 16])
    return TextEncoder(
        hidden_size=heads * head_dim,
        num_hidden_layers=rng.randint(3, 6),
        num_attention_heads=heads,
        num_key_value_heads=rng.choice([1, 2, heads]),
        intermediate_size=rng.choice([40, 72]),
        mrope_section=MROPE_SECTIONS[head_dim],
        config_style=style,
    )


def _vae(rng: random.Random) -> Vae:
    return Vae(
        latent_channels=rng.choice([4, 8]),
        block_out_channels=rng.choice(VAE_CHANNELS),
        layers_per_block=rng.randint(1, 2),
        scaling_factor=rng.choice([1.03682, 0.7]),
    )


def _storage(rng: random.Random) -> dict[str, Storage]:
    names = ["transformer", "vae", "text_encoder", "text_encoder_2", "image_encoder"]
    return {name: Storage(rng.choice(DTYPES), rng.choice(["1GB", "400KB"])) for name in names}


def held_out_spec(seed: int, index: int) -> CaseSpec:
    """The case number `index` of the series that `seed` starts.

    Every second one has a picture, every second pair a text config in the older style, and prompts
    take turns.
    """
    rng = random.Random(f"hunyuan15 {seed} {index}")
    prompts = random.Random(f"hunyuan15 prompts {seed}").sample(PROMPTS, len(PROMPTS))
    with_picture = index % 2 == 1
    picture_size = (rng.randint(30, 160), rng.randint(30, 160)) if with_picture else None
    # Later additions have their own series, so that they leave the cases as they were.
    plain_meanflow = random.Random(f"hunyuan15 meanflow {seed} {index}").random() < 0.3
    image_size, patch_size = rng.choice([(45, 14), (32, 8), (50, 16)])
    return CaseSpec(
        name=f"held_out_{seed}_{index}",
        weight_seed=rng.randrange(10**6),
        call=_call(rng, prompts[index % len(prompts)], picture_size),
        transformer=_transformer(
            rng, rng.choice([48, 64, 96, 112]), rng.random() < 0.5 if with_picture else plain_meanflow
        ),
        text_encoder=_text_encoder(rng, "transformers4" if index % 4 < 2 else "transformers5"),
        glyph_encoder=GlyphEncoder(
            d_model=rng.choice([24, 40]), d_kv=rng.choice([6, 8]), num_layers=rng.randint(1, 3)
        ),
        image_encoder=ImageEncoder(
            num_hidden_layers=rng.randint(1, 3), image_size=image_size, patch_size=patch_size
        ),
        vae=_vae(rng),
        scheduler_shift=rng.choice([5.0, 7.0, 9.0, 2.0, 1.0]),
        guider_scale=rng.choice([6.0, 1.0]),
        storage=_storage(rng),
    )
