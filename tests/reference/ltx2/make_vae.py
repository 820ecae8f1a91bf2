#!/usr/bin/env python3
"""Makes tests/data/ltx2/vae: tiny random video autoencoders and latent upsamplers of LTX-2 with what
diffusers' own classes compute. Run in tests/reference:

python -m ltx2.make_vae
"""

import json
from pathlib import Path
from typing import Any

import reference_environment

import torch
from diffusers import AutoencoderKLLTX2Video
from diffusers.pipelines.ltx2 import LTX2LatentUpsamplePipeline, LTX2LatentUpsamplerModel
from safetensors.torch import save_file

from random_weights import randomize
from recorder import Tensors

OUT = Path(__file__).resolve().parents[2] / "data" / "ltx2" / "vae"
GAINS = {"samplers": 1.3, "scale_shift_table": 2.0, "time_embedder": 1.2, "conv_out": 0.5}

RATIOS = {"spatial_compression_ratio": 32, "temporal_compression_ratio": 8}
SMALL: dict[str, Any] = {
    "latent_channels": 4,
    "block_out_channels": (8, 8, 8, 16),
    "layers_per_block": (1, 1, 1, 1, 1),
    "decoder_block_out_channels": (8, 16, 32),
    "decoder_layers_per_block": (1, 1, 1, 1),
    "decoder_causal": False,
    **RATIOS,
}
FOUR_LEVELS: dict[str, Any] = {
    "decoder_block_out_channels": (4, 8, 8, 16),
    "decoder_layers_per_block": (1, 2, 1, 1, 1),
    "decoder_spatio_temporal_scaling": (True,) * 4,
    "decoder_inject_noise": (False,) * 5,
    "upsample_type": ("spatiotemporal", "spatiotemporal", "temporal", "spatial"),
    "upsample_residual": (False,) * 4,
    "upsample_factor": (2, 2, 1, 2),
}

CONFIGS: dict[str, dict[str, Any]] = {
    "ltx_2_0": {},
    "ltx_2_3": {**FOUR_LEVELS, "decoder_spatial_padding_mode": "zeros"},
    # What no release has, but the class allows: a causal decoder that is told the noise, an encoder
    # that looks ahead and reflects, a scaling factor.
    "told_noise": {
        "timestep_conditioning": True,
        "decoder_causal": True,
        "encoder_causal": False,
        "encoder_spatial_padding_mode": "reflect",
        "scaling_factor": 0.8,
    },
    # Widths that a residual block changes, and a level without a finer grid.
    "widening": {
        "block_out_channels": (8, 8, 16, 16, 16),
        "down_block_types": ("LTX2VideoDownBlock3D",) * 5,
        "layers_per_block": (1, 1, 1, 1, 1, 1),
        "spatio_temporal_scaling": (True, True, True, False, True),
        "downsample_type": (
            "spatial",
            "temporal",
            "spatiotemporal",
            "spatial",
            "spatiotemporal",
        ),
        **FOUR_LEVELS,
        "decoder_block_out_channels": (8, 8, 16, 12, 16),
        "decoder_layers_per_block": (1, 1, 1, 1, 1, 1),
        "decoder_spatio_temporal_scaling": (True, True, True, False, True),
        "decoder_inject_noise": False,
        "upsample_type": ("spatiotemporal", "spatial", "spatiotemporal", "temporal", "spatial"),
        "upsample_residual": (True, False, True, False, True),
        "upsample_factor": (1, 1, 1, 1, 1),
    },
}
TIMESTEP = 0.05
TILING = {"size": 64, "stride": 32, "frames": 16, "frame_stride": 8}

UPSAMPLERS: dict[str, dict[str, Any]] = {
    "rational_3_2": {"rational_spatial_scale": 1.5},
    "plain": {"use_rational_resampler": False},
    "temporal": {"spatial_upsample": False, "temporal_upsample": True},
    "both": {"temporal_upsample": True},
    "frames": {"dims": 2, "rational_spatial_scale": 0.75},
}


def sampled(video: torch.Tensor) -> torch.Tensor:
    """Every fifth row and third column: no period of the network's, and enough to tell."""
    return video[..., ::5, ::3]


def saved(model: torch.nn.Module, expected: Tensors, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value.to(torch.bfloat16) for key, value in model.state_dict().items()}
    save_file(weights, folder / "diffusion_pytorch_model.safetensors")
    tensors = {key: value.contiguous() for key, value in expected.items()}
    save_file(tensors, folder / "expected.safetensors")
    config = json.loads(model.to_json_string())
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def enable_tiling(vae: AutoencoderKLLTX2Video, framewise: bool) -> None:
    vae.enable_tiling(
        tile_sample_min_height=TILING["size"],
        tile_sample_min_width=TILING["size"],
        tile_sample_min_num_frames=TILING["frames"],
        tile_sample_stride_height=TILING["stride"],
        tile_sample_stride_width=TILING["stride"],
        tile_sample_stride_num_frames=TILING["frame_stride"],
    )
    vae.use_framewise_decoding = framewise


def make_vae(name: str, seed: int) -> None:
    vae = AutoencoderKLLTX2Video(**{**SMALL, **CONFIGS[name]}).eval()
    randomize(vae, seed, GAINS, torch.bfloat16)
    generator = torch.Generator().manual_seed(seed)
    for buffer, centre in [(vae.latents_mean, 0.0), (vae.latents_std, 1.0)]:
        drawn = centre + 0.3 * torch.randn(buffer.shape, generator=generator)
        buffer.copy_(drawn.to(torch.bfloat16))
    told = vae.config.timestep_conditioning
    if told:
        vae.decoder.timestep_scale_multiplier.data.fill_(1000.0)
    time = torch.tensor([TIMESTEP]) if told else None
    latents = torch.randn((1, 4, 4, 2, 3), generator=generator)
    levels = torch.randint(256, (1, 3, 9, 64, 96), generator=generator).to(torch.uint8)
    pixels = levels.float() / 127.5 - 1
    expected = {
        "latents": latents,
        "decoded": sampled(vae.decode(latents, time, return_dict=False)[0]),
        "single": sampled(vae.decode(latents[:, :, :1], time, return_dict=False)[0]),
        "levels": levels,
        "encoded_picture": vae.encode(pixels[:, :, :1]).latent_dist.mode(),
        "encoded": vae.encode(pixels).latent_dist.mode(),
    }
    if vae.config.decoder_spatial_padding_mode == "zeros" and not told:
        enable_tiling(vae, framewise=False)
        expected["decoded_tiled"] = sampled(vae.decode(latents).sample)
        expected["encoded_tiled"] = vae.encode(pixels[:, :, :1]).latent_dist.mode()
        enable_tiling(vae, framewise=True)
        expected["decoded_framewise"] = sampled(vae.decode(latents).sample)
    saved(vae, expected, OUT / name)


def make_upsampler(name: str, seed: int) -> None:
    sizes = {"in_channels": 4, "mid_channels": 32, "num_blocks_per_stage": 1}
    model = LTX2LatentUpsamplerModel(**sizes, **UPSAMPLERS[name]).eval()
    randomize(model, seed, {}, torch.bfloat16)
    generator = torch.Generator().manual_seed(seed)
    latents = torch.randn((1, 4, 3, 3, 5), generator=generator)
    expected = {"latents": latents, "upsampled": model(latents)}
    pipeline = LTX2LatentUpsamplePipeline.__new__(LTX2LatentUpsamplePipeline)
    upsampled = expected["upsampled"]
    expected["adain"] = pipeline.adain_filter_latent(upsampled, latents, 0.7)
    expected["tone_mapped"] = pipeline.tone_map_latents(upsampled, 0.6)
    saved(model, expected, OUT / "upsampler" / name)


if __name__ == "__main__":
    reference_environment.settle_torch()
    for number, case in enumerate(CONFIGS):
        make_vae(case, number + 1)
    for number, case in enumerate(UPSAMPLERS):
        make_upsampler(case, number + 100)
