"""Builds a tiny random LTX-2 pipeline and saves it in the diffusers layout."""

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    FlowMatchEulerDiscreteScheduler,
    LTX2ConditionPipeline,
    LTX2ImageToVideoPipeline,
    LTX2Pipeline,
)
from diffusers.pipelines.ltx2 import LTX2VocoderWithBWE

from case_files import save_components
from ltx2 import networks
from ltx2.networks import Pipeline
from ltx2.spec import CaseSpec
from ltx2.tokenizer import build_tokenizer
from random_weights import randomize

# Gemma's norms multiply by one plus their weight.
TEXT_GAINS = {
    "embed_tokens": 0.25,
    r"(q|k)_proj": 1.5,
    r"(v|o)_proj": 1.2,
    "mlp": 1.3,
}
CONNECTOR_GAINS = {"text_proj_in": 1.5, r"to_(q|k)\.": 1.4, "learnable_registers": 5.0}
TRANSFORMER_GAINS = {
    r"scale_shift_table": 3.0,
    r"time_embed|adaln|av_cross_attn": 1.3,
    r"to_v|to_out": 1.3,
    r"attn2\.to_(v|out)|caption_projection": 2.8,
    r"(audio_to_video|video_to_audio)_attn\.to_(v|out)": 1.8,
    r"to_gate_logits": 1.5,
    "proj_in": 1.5,
    r"^(audio_)?proj_out": 0.8,
}
VAE_GAINS = {r"samplers": 1.3, "scale_shift_table": 2.0, "time_embedder": 1.2}
AUDIO_GAINS = {"upsample": 1.2, "conv_out": 1.5}
VOCODER_GAINS = {"upsamplers": 1.5, r"resnets.*convs": 0.7, "act.(alpha|beta)": 2.0}


def _draw_statistics(module: torch.nn.Module, seed: int, dtype: torch.dtype) -> None:
    """Means and deviations of the latents, which are buffers."""
    generator = torch.Generator("cpu").manual_seed(seed)
    mean, std = module.latents_mean, module.latents_std
    mean.copy_((0.3 * torch.randn(mean.shape, generator=generator)).to(dtype))
    std.copy_((0.7 + 0.6 * torch.rand(std.shape, generator=generator)).to(dtype))


def _round(parameters: list[torch.Tensor], dtype: torch.dtype) -> None:
    for parameter in parameters:
        parameter.data.copy_(parameter.data.to(dtype))


def _calibrate_vae(vae: torch.nn.Module, dtype: torch.dtype) -> None:
    """Scales the outermost convolutions so that decoded values stay in [-1, 1] and encoded ones
    have unit size."""
    generator = torch.Generator("cpu").manual_seed(1)
    latents = torch.randn((1, vae.config.latent_channels, 3, 3, 4), generator=generator)
    pixels = torch.rand((1, 3, 1, 64, 96), generator=generator) * 2 - 1
    decoder, encoder = vae.decoder.conv_out.conv, vae.encoder.conv_out.conv
    times = torch.tensor([0.0]) if vae.config.timestep_conditioning else None
    decoder.bias.data.mul_(0.3)
    decoder.weight.data.mul_(0.33 / vae.decoder(latents, times).std().item())
    encoder.weight.data.mul_(1.0 / vae.encoder(pixels).std().item())
    _round([*decoder.parameters(), *encoder.parameters()], dtype)


def _draw_mel_basis(vocoder: LTX2VocoderWithBWE, seed: int, dtype: torch.dtype) -> None:
    """The Fourier and mel bases are buffers that a checkpoint brings: noise under a window, and
    overlapping triangles."""
    generator = torch.Generator("cpu").manual_seed(seed)
    stft = vocoder.mel_stft.stft_fn
    basis = stft.forward_basis
    frames = torch.arange(basis.shape[-1]) / basis.shape[-1]
    window = torch.sin(frames * torch.pi) ** 2
    for buffer in [stft.forward_basis, stft.inverse_basis]:
        buffer.copy_((0.1 * window * torch.randn(basis.shape, generator=generator)).to(dtype))
    mel = vocoder.mel_stft.mel_basis
    rows = torch.arange(mel.shape[0])[:, None] * mel.shape[1] / mel.shape[0]
    distance = (torch.arange(mel.shape[1])[None] - rows).abs() / 12
    mel.copy_((1 - distance).clamp(min=0).to(dtype) * 0.1)
    _round([mel], dtype)


def _calibrate_vocoder(vocoder: torch.nn.Module, mel_bins: int, dtype: torch.dtype) -> None:
    """Scales the last convolutions so that a wave is neither silent nor clipped."""
    generator = torch.Generator("cpu").manual_seed(2)
    mel = torch.randn((1, 2, 9, mel_bins), generator=generator)
    if not isinstance(vocoder, LTX2VocoderWithBWE):
        convolution = vocoder.conv_out
        convolution.weight.data.mul_(0.35 / torch.atanh(vocoder(mel).clamp(-0.999, 0.999)).std())
        _round(list(convolution.parameters()), dtype)
        return
    for part in [vocoder.vocoder, vocoder.bwe_generator]:
        part.conv_out.weight.data.mul_(0.15 / part(mel).std())
        _round(list(part.conv_out.parameters()), dtype)


def _modules(spec: CaseSpec, vocabulary: int) -> dict[str, tuple[torch.nn.Module, dict]]:
    return {
        "transformer": (networks.transformer(spec), TRANSFORMER_GAINS),
        "vae": (networks.vae(spec), VAE_GAINS),
        "text_encoder": (networks.text_encoder(spec, vocabulary), TEXT_GAINS),
        "connectors": (networks.connectors(spec), CONNECTOR_GAINS),
        "audio_vae": (networks.audio_vae(spec), AUDIO_GAINS),
        "vocoder": (networks.vocoder(spec), VOCODER_GAINS),
    }


def _sharpen_attention(transformer: torch.nn.Module, dtype: torch.dtype) -> None:
    """The norms of queries and keys undo any gain of their projections, so they get it."""
    for name, parameter in transformer.named_parameters():
        if name.endswith(("norm_q.weight", "norm_k.weight")):
            parameter.data.mul_(1.6)
            _round([parameter], dtype)


def _centre_gemma_norms(encoder: torch.nn.Module, dtype: torch.dtype) -> None:
    """Moves norm weights from around one to around zero: the class adds the one."""
    for name, parameter in encoder.named_parameters():
        if "language_model" in name and name.endswith("norm.weight"):
            parameter.data.sub_(1.0)
            _round([parameter], dtype)


def build_pipeline(spec: CaseSpec) -> Pipeline:
    """A complete pipeline in float32 whose weights have values that the files' types can hold."""
    tokenizer = build_tokenizer()
    drawn = _modules(spec, len(tokenizer) + 5)
    dtypes = {name: getattr(torch, spec.storage_of(name).dtype) for name in drawn}
    for offset, (name, (module, gains)) in enumerate(drawn.items()):
        randomize(module.eval(), 1000 * spec.weight_seed + offset, gains, dtypes[name])
    modules: dict[str, Any] = {name: module for name, (module, _) in drawn.items()}
    _centre_gemma_norms(modules["text_encoder"], dtypes["text_encoder"])
    _sharpen_attention(modules["transformer"], dtypes["transformer"])
    _draw_statistics(modules["vae"], spec.weight_seed, dtypes["vae"])
    _draw_statistics(modules["audio_vae"], spec.weight_seed + 1, dtypes["audio_vae"])
    if spec.vae.timestep_conditioning:
        modules["vae"].decoder.timestep_scale_multiplier.data.fill_(1000.0)
    _calibrate_vae(modules["vae"], dtypes["vae"])
    if spec.is_2_3:
        _draw_mel_basis(modules["vocoder"], spec.weight_seed, dtypes["vocoder"])
        for name, buffer in modules["vocoder"].named_buffers():
            _round([buffer], dtypes["vocoder"])
    _calibrate_vocoder(modules["vocoder"], spec.audio.mel_bins, dtypes["vocoder"])
    schedule = spec.scheduler
    modules["scheduler"] = FlowMatchEulerDiscreteScheduler(
        shift=schedule.shift,
        use_dynamic_shifting=schedule.use_dynamic_shifting,
        base_shift=0.95,
        max_shift=2.05,
        base_image_seq_len=1024,
        max_image_seq_len=4096,
        shift_terminal=schedule.shift_terminal,
    )
    kind = LTX2ImageToVideoPipeline if spec.is_image_to_video else LTX2Pipeline
    if spec.call.conditions:
        kind = LTX2ConditionPipeline
    return kind(tokenizer=tokenizer, **modules)


def use_transformers4_text_config(path: Path) -> None:
    """Rewrites a text config with the keys that transformers 4 wrote."""
    config = json.loads(path.read_text(encoding="utf-8"))
    text = config["text_config"]
    rope = text.pop("rope_parameters")
    full = rope["full_attention"]
    text["rope_theta"] = full["rope_theta"]
    text["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
    text["rope_scaling"] = {"factor": full["factor"], "rope_type": full["rope_type"]}
    text["sliding_window_pattern"] = 6
    text.pop("layer_types", None)
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.57.1"
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def save_pipeline(pipeline: Pipeline, spec: CaseSpec, directory: Path) -> None:
    """Writes the pipeline; the modules keep float32 values in memory."""
    save_components(pipeline, spec.storage_of, directory)
    if spec.text_encoder.config_style == "transformers4":
        use_transformers4_text_config(directory / "text_encoder" / "config.json")
