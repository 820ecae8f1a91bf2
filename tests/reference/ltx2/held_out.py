"""Draws held-out cases: other generations, sizes, frame rates, guidance, schedules, file forms; none
of them is committed."""

import random
from dataclasses import replace
from typing import Any, Literal

from case_files import Storage
from ltx2.spec import (
    AUDIO_2_3,
    VAE_2_3,
    Audio,
    Call,
    CaseSpec,
    Connectors,
    Scheduler,
    SecondStage,
    TextEncoder,
    Tiling,
    Transformer,
    Vae,
)
from prompts import NEGATIVE_PROMPTS, PROMPTS

DTYPES = ["float32", "bfloat16", "float16"]
DISTILLED_SIGMAS = (1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875)
UNGUIDED: dict[str, Any] = {
    **{name: 1.0 for name in ["guidance_scale", "audio_guidance_scale"]},
    **{name: 1.0 for name in ["modality_scale", "audio_modality_scale"]},
    **{name: 0.0 for name in ["stg_scale", "audio_stg_scale"]},
    **{name: 0.0 for name in ["guidance_rescale", "audio_guidance_rescale"]},
}


def _guidance(rng: random.Random, layers: int) -> dict[str, Any]:
    """An audio value of 0 means the video's."""
    return {
        "guidance_scale": rng.choice([3.0, 1.0, 5.5]),
        "audio_guidance_scale": rng.choice([7.0, 0.0, 1.0]),
        "stg_scale": rng.choice([1.0, 0.0, 0.5]),
        "audio_stg_scale": rng.choice([1.0, 0.0]),
        "modality_scale": rng.choice([3.0, 1.0, 2.0]),
        "audio_modality_scale": rng.choice([3.0, 1.0, 0.0]),
        "guidance_rescale": rng.choice([0.7, 0.0, 0.45]),
        "audio_guidance_rescale": rng.choice([0.7, 0.0, 1.0]),
        "spatio_temporal_guidance_blocks": tuple(
            sorted(rng.sample(range(layers), rng.randint(1, min(2, layers))))
        ),
    }


def _tiling(rng: random.Random, padding: str, latents: tuple[int, int]) -> Tiling | None:
    """The reference cannot decode a tile of one latent with reflecting edges."""
    choices = [Tiling(64, 32), Tiling(64, 64), Tiling(96, 64), Tiling(128, 96)]
    framewise = rng.random() < 0.4
    choices += [Tiling(64, 32, 16, 8, framewise=True), Tiling(96, 64, 24, 8, framewise=True)]
    if padding == "reflect":
        choices = [
            choice
            for choice in choices
            if all((size - 1) % (choice.stride // 32) >= 1 for size in latents)
        ]
    choices = [choice for choice in choices if choice.framewise == framewise]
    return rng.choice(choices) if choices else None


def _call(
    rng: random.Random, prompt: str, picture_size: tuple[int, int] | None, layers: int
) -> Call:
    distilled = rng.random() < 0.3
    steps = rng.randint(2, 4)
    sigmas = DISTILLED_SIGMAS[:1] + tuple(sorted(rng.sample(DISTILLED_SIGMAS[1:], steps - 1)))[::-1]
    return Call(
        prompt=prompt,
        negative_prompt=rng.choice(NEGATIVE_PROMPTS),
        height=32 * rng.randint(2, 5),
        width=32 * rng.randint(2, 5),
        num_frames=rng.choice([1, 9, 17, 25]) if picture_size is None else rng.choice([9, 17]),
        num_inference_steps=steps,
        seed=rng.choice([0, 1, 42, 2**31, 2**32 + 5, rng.randrange(2**40)]),
        frame_rate=rng.choice([24.0, 25.0, 30.0, 23.976, 12.5, 60.0]),
        sigmas=sigmas if distilled else None,
        use_cross_timestep=rng.random() < 0.6,
        max_sequence_length=rng.choice([64, 128, 192]),
        picture_size=picture_size,
        **(UNGUIDED if distilled else _guidance(rng, layers)),
    )


def _text_encoder(
    rng: random.Random, style: Literal["transformers4", "transformers5"]
) -> TextEncoder:
    heads = rng.choice([4, 6])
    return TextEncoder(
        # The connectors' 4 heads must divide it too.
        hidden_size=heads * rng.choice([8, 12]),
        num_hidden_layers=rng.choice([3, 6, 7, 13]),
        num_attention_heads=heads,
        num_key_value_heads=rng.choice([1, 2, heads]),
        head_dim=rng.choice([8, 12, 16]),
        intermediate_size=rng.choice([40, 72]),
        sliding_window=rng.choice([4, 16, 1024]),
        config_style=style,
    )


def _vae(rng: random.Random, newer: bool) -> Vae:
    base = VAE_2_3 if newer else Vae()
    return replace(
        base,
        layers_per_block=tuple(rng.randint(1, 2) for _ in base.layers_per_block),
        decoder_layers_per_block=tuple(rng.randint(1, 2) for _ in base.decoder_layers_per_block),
        decoder_causal=rng.random() < 0.25,
        decoder_spatial_padding_mode=rng.choice(["zeros", "reflect"]),
        timestep_conditioning=rng.random() < 0.2,
    )


def _scheduler(rng: random.Random, distilled: bool) -> Scheduler:
    if distilled and rng.random() < 0.7:
        return Scheduler(use_dynamic_shifting=False, shift_terminal=None)
    return Scheduler(shift_terminal=rng.choice([0.1, 0.1, None]))


def _second_stage(rng: random.Random, call: Call) -> SecondStage | None:
    """1.5 times as large only where that is a whole number of latents."""
    if rng.random() < 0.6:
        return None
    scales = [2.0] + [1.5] * (call.height % 64 == 0 and call.width % 64 == 0)
    return SecondStage(
        adain_factor=rng.choice([0.0, 0.6]),
        tone_map_compression_ratio=rng.choice([0.0, 0.4]),
        scale=(scale := rng.choice(scales)),
        use_rational_resampler=scale != 2.0 or rng.random() < 0.5,
    )


def _storage(rng: random.Random) -> dict[str, Storage]:
    names = ["transformer", "vae", "text_encoder", "connectors", "audio_vae", "vocoder"]
    return {name: Storage(rng.choice(DTYPES), rng.choice(["1GB", "200KB"])) for name in names}


def _with_conditions(rng: random.Random, call: Call) -> Call:
    """Some of those without a picture show one at one to three places."""
    if call.picture_size is not None or rng.random() < 0.5:
        return call
    frames = (call.num_frames - 1) // 8 + 1
    conditions = tuple(
        (rng.randrange(-frames, frames), rng.choice([1.0, 1.0, 0.8, 0.35, 0.0]))
        for _ in range(rng.randint(1, 3))
    )
    size = (rng.randint(30, 160), rng.randint(30, 160))
    return replace(call, picture_size=size, conditions=conditions)


def held_out_spec(seed: int, index: int) -> CaseSpec:
    """The case number `index` of the series that `seed` starts.

    Every second one has a picture, of the others some have it as conditions, every second pair is a
    2.3 with a text config in the older style, and prompts take turns.
    """
    rng = random.Random(f"ltx2 {seed} {index}")
    prompts = random.Random(f"ltx2 prompts {seed}").sample(PROMPTS, len(PROMPTS))
    with_picture, newer = index % 2 == 1, index % 4 >= 2
    picture_size = (rng.randint(30, 160), rng.randint(30, 160)) if with_picture else None
    transformer = Transformer(
        attention_head_dim=rng.choice([8, 12, 16]),
        audio_attention_head_dim=rng.choice([4, 6, 8]),
        num_layers=rng.randint(1, 3),
        rope_type=rng.choice(["split", "split", "interleaved"]),
        rope_double_precision=rng.random() < 0.7,
        perturbed_attn=rng.choice([None, None, not newer]),
    )
    call = _call(rng, prompts[index % len(prompts)], picture_size, transformer.num_layers)
    vae = _vae(rng, newer)
    if vae.timestep_conditioning:
        times = {"decode_timestep": 0.05, "decode_noise_scale": rng.choice([None, 0.025])}
        call = replace(call, **times)
    # Later additions have their own series, so that they leave the cases as they were.
    speed = random.Random(f"ltx2 speed {seed} {index}").choice([1.0, 1.0, 0.4, 2.0])
    call = replace(call, motion_speed=speed)
    call = _with_conditions(random.Random(f"ltx2 conditions {seed} {index}"), call)
    latents = (call.height // 32, call.width // 32)
    call = replace(call, tiling=_tiling(rng, vae.decoder_spatial_padding_mode, latents))
    audio = AUDIO_2_3 if newer else Audio()
    return CaseSpec(
        name=f"held_out_{seed}_{index}",
        weight_seed=rng.randrange(10**6),
        call=call,
        generation="2.3" if newer else "2.0",
        transformer=transformer,
        text_encoder=_text_encoder(rng, "transformers4" if newer else "transformers5"),
        connectors=Connectors(
            num_layers=rng.randint(1, 3), num_learnable_registers=rng.choice([32, 64])
        ),
        vae=vae,
        audio=replace(audio, num_res_blocks=rng.randint(1, 2)),
        scheduler=_scheduler(rng, call.sigmas is not None),
        storage=_storage(rng),
        second_stage=_second_stage(random.Random(f"ltx2 second stage {seed} {index}"), call),
    )
