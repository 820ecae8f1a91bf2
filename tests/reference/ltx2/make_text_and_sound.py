#!/usr/bin/env python3
"""Makes tests/data/ltx2/parts: tiny random text encoders, connectors, audio VAEs and vocoders of
LTX-2 with what the reference computes by them. Run in tests/reference:

python -m ltx2.make_text_and_sound
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import reference_environment

import torch
from diffusers import AutoencoderKLLTX2Audio
from diffusers.pipelines.ltx2 import LTX2TextConnectors, LTX2Vocoder, LTX2VocoderWithBWE
from safetensors.torch import save_file
from transformers import Gemma3Config, Gemma3ForConditionalGeneration

from ltx2.checkpoint import use_transformers4_text_config
from ltx2.networks import text_rope, vision_tower
from random_weights import randomize

OUT = Path(__file__).resolve().parents[2] / "data" / "ltx2" / "parts"
VOCODER_GAINS = {"act.*(alpha|beta)": 2.0, "upsamplers": 1.5, "conv_out": 1.5}


def noise(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def drawn(module: torch.nn.Module, seed: int, gains: Mapping[str, float]) -> torch.nn.Module:
    randomize(module.eval(), seed, gains)
    return module


def save(name: str, module: torch.nn.Module, expected: Mapping[str, torch.Tensor]) -> Path:
    folder = OUT / name
    module.save_pretrained(folder / "model")
    tensors = {key: value.contiguous().clone() for key, value in expected.items()}
    save_file(tensors, folder / "expected.safetensors")
    return folder


def make_text_encoder() -> None:
    """A row that begins with padding and whose text is longer than the window of the sliding
    layers; the seventh layer is not full, the sixth is."""
    text = {
        "vocab_size": 89,
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_hidden_layers": 7,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "query_pre_attn_scalar": 5,
        "sliding_window": 6,
        "rope_parameters": text_rope(),
    }
    pictures = {"vision_config": vision_tower(), "mm_tokens_per_image": 4}
    tokens = {"image_token_index": 88, "boi_token_index": 87, "eoi_token_index": 86}
    config = Gemma3Config(text_config=text, **pictures, **tokens)
    gains = {"embed_tokens": 0.25, r"(q|k)_proj": 1.5}
    model = drawn(Gemma3ForConditionalGeneration(config), 1, gains)
    for name, parameter in model.named_parameters():
        if "language_model" in name and name.endswith("norm.weight"):
            parameter.data.sub_(1.0)  # the class adds it
    length, valid = 48, 19
    ids = torch.randint(3, 80, (1, length), generator=torch.Generator().manual_seed(2))
    ids[:, : length - valid] = 0
    mask = (torch.arange(length) >= length - valid).long()[None]
    states = model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
    hidden = torch.stack(states, -1)[:, length - valid :]
    folder = save(
        "gemma3", model, {"ids": ids[0, length - valid :], "mask": mask, "hidden": hidden}
    )
    (folder / "model" / "generation_config.json").unlink(missing_ok=True)
    old = folder / "config_of_transformers4.json"
    shutil.copy(folder / "model" / "config.json", old)
    use_transformers4_text_config(old)


def make_connectors(name: str, seed: int, **kwargs: Any) -> None:
    """One set of weights under both layouts of the rotary positions."""
    states, length, valid = 5, 64, 21
    common: dict[str, Any] = {"caption_channels": 32, "text_proj_in_factor": states, **kwargs}
    for stream in ["video", "audio"]:
        common[f"{stream}_connector_num_learnable_registers"] = 16
    hidden = 3 * noise(seed + 1, 1, length, 32, states) + noise(seed + 2, states)
    mask = (torch.arange(length) >= length - valid).long()[None]
    expected = {"hidden": hidden[:, length - valid :]}
    for rope in ["interleaved", "split"]:
        module = LTX2TextConnectors(**common, rope_type=rope)
        drawn(module, seed, {"text_proj_in": 1.5, "registers": 4.0, r"to_(q|k)\.": 1.4})
        video, audio, _ = module(hidden, mask, padding_side="left")
        expected |= {f"{rope}.video": video, f"{rope}.audio": audio}
    save(name, module, expected)


def make_audio_vae(name: str, seed: int, **kwargs: Any) -> None:
    module = AutoencoderKLLTX2Audio(**kwargs)
    drawn(module, seed, {"conv_out": 1.5})
    module.latents_mean.copy_(0.3 * noise(seed + 1, *module.latents_mean.shape))
    module.latents_std.copy_(0.7 + 0.6 * noise(seed + 2, *module.latents_std.shape).abs())
    channels, bins = module.config.latent_channels, module.config.mel_bins // 4
    latents = noise(seed + 3, 1, channels, 5, bins)
    # The weights of the encoder are of no use.
    for part in module.encoder.parameters():
        part.data = part.data.flatten()[:1].clone()
    save(name, module, {"latents": latents, "mel": module.decode(latents).sample})


def draw_bases(vocoder: LTX2VocoderWithBWE) -> None:
    """A windowed Fourier transform and overlapping triangles, as the published ones."""
    stft = vocoder.mel_stft.stft_fn
    length, bins = stft.forward_basis.shape[-1], vocoder.mel_stft.mel_basis.shape[1]
    turns = torch.arange(bins)[:, None] * torch.arange(length)[None] * 2 * torch.pi / length
    window = torch.hann_window(length)
    basis = torch.cat([turns.cos() * window, -turns.sin() * window])[:, None]
    stft.forward_basis.copy_(basis)
    stft.inverse_basis.copy_(basis)
    mel = vocoder.mel_stft.mel_basis
    rows = torch.arange(mel.shape[0])[:, None] * bins / mel.shape[0]
    distance = (torch.arange(bins)[None] - rows).abs() / 6
    mel.copy_((1 - distance).clamp(min=0) * 0.05)


def settle_level(generator: LTX2Vocoder, level: float, mel: torch.Tensor) -> None:
    """So that little is clipped and much is heard."""
    final, generator.final_act_fn = generator.final_act_fn, None
    generator.conv_out.weight.data.mul_(level / generator(mel).std())
    generator.final_act_fn = final


def make_vocoder(name: str, seed: int, module: torch.nn.Module, frames: int = 9) -> None:
    drawn(module, seed, VOCODER_GAINS)
    mel = noise(seed + 1, 1, 2, frames, module.config.in_channels // 2)
    if isinstance(module, LTX2VocoderWithBWE):
        draw_bases(module)
        settle_level(module.vocoder, 0.3, mel)
        settle_level(module.bwe_generator, 0.2, mel - 3)
    else:
        settle_level(module, 0.5, mel)
    save(name, module, {"mel": mel, "audio": module(mel)})


def make_vocoders() -> None:
    small = {
        "in_channels": 12,
        "hidden_channels": 16,
        "resnet_kernel_sizes": [3, 5],
        "resnet_dilations": [[1, 3], [1, 2]],
    }
    make_vocoder(
        "vocoder_2_0",
        60,
        LTX2Vocoder(**small, upsample_kernel_sizes=[7, 4], upsample_factors=[3, 2]),
    )
    bandwidth = {f"bwe_{key}": value for key, value in small.items()} | {
        "bwe_in_channels": 12,
        "bwe_upsample_kernel_sizes": [12, 4, 4],
        "bwe_upsample_factors": [6, 2, 2],
        "filter_length": 32,
        "hop_length": 8,
        "window_length": 32,
        "num_mel_channels": 6,
    }
    # 9 x 10 samples are no multiple of 8.
    ups = {"upsample_kernel_sizes": [11, 4], "upsample_factors": [5, 2]}
    make_vocoder("vocoder_2_3", 70, LTX2VocoderWithBWE(**small, **ups, **bandwidth))
    ups = {"upsample_kernel_sizes": [4], "upsample_factors": [2]}
    make_vocoder(
        "vocoder_snake",
        80,
        LTX2Vocoder(
            **small, **ups, act_fn="snake", antialias=True, antialias_ratio=3,
            antialias_kernel_size=11, final_act_fn=None, final_bias=False,
        ),
    )  # fmt: skip
    make_vocoder(
        "vocoder_plain_snakebeta",
        90,
        LTX2Vocoder(**small, **ups, act_fn="snakebeta", final_act_fn="clamp"),
    )


def main() -> None:
    reference_environment.settle_torch()
    shutil.rmtree(OUT, ignore_errors=True)
    make_text_encoder()
    heads = {
        f"{stream}_connector_{key}": value
        for stream in ["video", "audio"]
        for key, value in {"num_attention_heads": 4, "attention_head_dim": 8}.items()
    }
    make_connectors("connectors_2_0", 10, **heads)
    make_connectors(
        "connectors_2_3",
        20,
        **heads | {"video_connector_attention_head_dim": 10, "video_connector_num_layers": 1},
        video_hidden_dim=40,
        audio_hidden_dim=32,
        video_gated_attn=True,
        audio_gated_attn=True,
        per_modality_projections=True,
        proj_bias=True,
    )
    audio = {"base_channels": 16, "latent_channels": 4, "mel_bins": 16}
    make_audio_vae("audio_vae", 40, **audio, ch_mult=(1, 2, 1), num_res_blocks=1)
    # Two levels reach half the frames and bins; zeros follow.
    make_audio_vae("audio_vae_short", 50, **audio, ch_mult=(2, 1), num_res_blocks=1)
    make_vocoders()
    size = sum(path.stat().st_size for path in OUT.rglob("*") if path.is_file())
    print(json.dumps({"folder": str(OUT.name), "bytes": size}))


if __name__ == "__main__":
    main()
