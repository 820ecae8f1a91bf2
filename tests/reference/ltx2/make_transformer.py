#!/usr/bin/env python3
"""Makes tests/data/ltx2/transformer: tiny random LTX-2 transformers and the velocities that
diffusers' own class computes with them, for each kind of pass. Run in tests/reference:

python -m ltx2.make_transformer
"""

import json
from pathlib import Path
from typing import Any

import reference_environment

import torch
from diffusers import LTX2VideoTransformer3DModel
from safetensors.torch import save_file

from random_weights import randomize

OUT = Path(__file__).resolve().parents[2] / "data" / "ltx2" / "transformer"
GAINS = {
    r"scale_shift_table": 3.0,
    r"time_embed|adaln|av_cross_attn": 1.3,
    r"to_v|to_out": 1.3,
    r"norm_(q|k)": 1.6,
    r"to_gate_logits": 1.5,
}

SMALL = {
    "in_channels": 6,
    "out_channels": 6,
    "num_attention_heads": 4,
    "attention_head_dim": 10,
    "cross_attention_dim": 40,
    "audio_in_channels": 8,
    "audio_out_channels": 8,
    "audio_num_attention_heads": 4,
    "audio_attention_head_dim": 6,
    "audio_cross_attention_dim": 24,
    "num_layers": 3,
    "caption_channels": 16,
}

CONFIGS: dict[str, dict[str, Any]] = {
    "split_2_0": {"rope_type": "split"},
    "split_2_3": {
        "rope_type": "split",
        "gated_attn": True,
        "audio_gated_attn": True,
        "cross_attn_mod": True,
        "audio_cross_attn_mod": True,
        "use_prompt_embeddings": False,
        "perturbed_attn": True,
    },
    # What no release has, but the class allows.
    "interleaved": {
        "rope_type": "interleaved",
        "rope_double_precision": False,
        "audio_num_attention_heads": 2,
        "audio_attention_head_dim": 12,
        "pos_embed_max_pos": 10,
        "base_height": 1024,
        "vae_scale_factors": [4, 16, 16],
        "causal_offset": 2,
        "audio_gated_attn": True,
        "cross_attn_mod": True,
        "use_prompt_embeddings": False,
        "use_prompt_adaln_single": False,
        "perturbed_attn": True,
        "attention_bias": False,
        "attention_out_bias": False,
        "ff_bias": False,
        "cross_attn_timestep_scale_multiplier": 700,
    },
}

GRID = (3, 3, 3)  # 27 tokens: not to be divided by 2 or 4
AUDIO_TOKENS, TEXT_TOKENS = 5, 7
FRAME_RATE = 24.0
TIMES = (1000.0, 731.5)
PERTURBED = [1]


def drawn(seed: int, config: Any) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator)

    frames, height, width = GRID
    text = config.caption_channels if config.use_prompt_embeddings else None
    inputs = {
        "video": draw(1, frames * height * width, config.in_channels),
        "audio": draw(1, AUDIO_TOKENS, config.audio_in_channels),
    }
    for prompt in ("positive", "negative"):
        inputs[f"text.{prompt}.video"] = draw(1, TEXT_TOKENS, text or config.cross_attention_dim)
        inputs[f"text.{prompt}.audio"] = draw(
            1, TEXT_TOKENS, text or config.audio_cross_attention_dim
        )
    # A whole first frame, and tokens that are held by half.
    fixed = torch.zeros(frames * height * width)
    fixed[: height * width] = 1.0
    fixed[-4:] = 0.5
    inputs["fixed"] = fixed
    return inputs


PASSES = {
    "conditional": ("positive", {}),
    "unconditional": ("negative", {}),
    "perturbed": ("positive", {"spatio_temporal_guidance_blocks": PERTURBED}),
    "isolated": ("positive", {"isolate_modalities": True}),
}


def velocities(
    model: LTX2VideoTransformer3DModel,
    inputs: dict[str, torch.Tensor],
    time: float,
    fixed: torch.Tensor | None,
    cross: bool,
) -> dict[str, torch.Tensor]:
    t = torch.tensor([time])
    told = {"timestep": t}
    if fixed is not None:
        told = {"timestep": t.unsqueeze(-1) * (1 - fixed)[None], "audio_timestep": t}
    frames, height, width = GRID
    out = {}
    for name, (prompt, arguments) in PASSES.items():
        video, audio = model(
            hidden_states=inputs["video"],
            audio_hidden_states=inputs["audio"],
            encoder_hidden_states=inputs[f"text.{prompt}.video"],
            audio_encoder_hidden_states=inputs[f"text.{prompt}.audio"],
            sigma=t,
            num_frames=frames,
            height=height,
            width=width,
            fps=FRAME_RATE,
            audio_num_frames=AUDIO_TOKENS,
            use_cross_timestep=cross,
            return_dict=False,
            **told,
            **arguments,
        )
        out[f"{name}.video"], out[f"{name}.audio"] = video, audio
    return out


def positions(model: LTX2VideoTransformer3DModel) -> dict[str, torch.Tensor]:
    video = model.rope.prepare_video_coords(1, *GRID, torch.device("cpu"), fps=FRAME_RATE)
    audio = model.audio_rope.prepare_audio_coords(1, AUDIO_TOKENS, torch.device("cpu"))
    tables = {
        "video": model.rope(video),
        "audio": model.audio_rope(audio),
        "video_cross": model.cross_attn_rope(video[:, 0:1]),
        "audio_cross": model.cross_attn_audio_rope(audio[:, 0:1]),
    }
    out = {"bounds.video": video[0], "bounds.audio": audio[0]}
    for name, (cos, sin) in tables.items():
        out[f"rope.{name}.cos"], out[f"rope.{name}.sin"] = cos[0], sin[0]
    return out


def make(name: str, seed: int, folder: Path) -> None:
    model = LTX2VideoTransformer3DModel(**{**SMALL, **CONFIGS[name]}).eval()
    randomize(model, seed, GAINS, torch.bfloat16)
    inputs = drawn(seed + 100, model.config)
    expected = dict(inputs) | positions(model) | {"times": torch.tensor(TIMES)}
    kinds = {
        "plain": (None, True),
        "fixed": (inputs["fixed"], True),
        "fixed_own": (inputs["fixed"], False),
    }
    for step, time in enumerate(TIMES):
        for kind, (fixed, cross) in kinds.items():
            for key, value in velocities(model, inputs, time, fixed, cross).items():
                expected[f"{kind}.{step}.{key}"] = value
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value.to(torch.bfloat16) for key, value in model.state_dict().items()}
    save_file(weights, folder / "diffusion_pytorch_model.safetensors")
    save_file(
        {key: value.contiguous() for key, value in expected.items()},
        folder / "expected.safetensors",
    )
    config = json.loads(model.to_json_string())
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")


if __name__ == "__main__":
    reference_environment.settle_torch()
    for number, case in enumerate(CONFIGS):
        make(case, number + 1, OUT / case)
