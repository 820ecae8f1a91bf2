"""Builds a tiny random HunyuanVideo 1.5 pipeline and saves it in the diffusers layout."""

import inspect
import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLHunyuanVideo15,
    ClassifierFreeGuidance,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideo15ImageToVideoPipeline,
    HunyuanVideo15Pipeline,
)
from transformers import AddedToken, ByT5Tokenizer, Qwen2Tokenizer, SiglipImageProcessor

from case_files import save_components
from hunyuan15 import networks
from hunyuan15.networks import Pipeline
from hunyuan15.spec import CaseSpec
from random_weights import randomize
from small_tokenizer import EXTRA_TEXT, qwen_style_tokenizer

TEXT_GAINS = {"embed_tokens": 0.8, r"(q|k)_proj": 1.5, r"(v|o)_proj": 1.2, "mlp": 1.3}
GLYPH_GAINS = {
    "shared|embed_tokens": 1.0,
    r"SelfAttention\.(q|k)": 0.9,
    r"SelfAttention\.(v|o)": 1.2,
    "relative_attention_bias": 1.0,
    "DenseReluDense": 1.2,
}
IMAGE_GAINS = {"position_embedding": 0.4, r"(q|k)_proj": 1.6, "mlp": 1.3, "patch_embedding": 1.5}
TRANSFORMER_GAINS = {
    r"norm1(_context)?\.linear": 0.8,
    r"attn\.to_(q|k)|add_(q|k)_proj": 1.2,
    r"attn\.(to_v|to_out)": 1.3,
    r"add_(k|v)_proj": 2.5,
    "cond_type_embed": 0.7,
    "context_embedder": 1.1,
    "context_embedder_2|image_embedder": 2.0,
    "x_embedder": 1.4,
    "refiner.*norm_out": 1.2,
    "time_embed": 1.3,
    "proj_out": 1.2,
}
VAE_GAINS = {r"to_(q|k)": 2.0, r"to_v|proj_out": 1.5, "samplers": 1.2}


def system_message() -> str:
    """The reference's system text, read from its own default so that it is not copied here."""
    return (
        inspect.signature(HunyuanVideo15Pipeline._get_mllm_prompt_embeds)
        .parameters["system_message"]
        .default
    )


def build_tokenizer() -> Qwen2Tokenizer:
    """Every word of the template becomes one token, so that the fixed crop at 108 lands where it
    does for the real one."""
    return qwen_style_tokenizer([system_message(), "system\nuser\nassistant\n", EXTRA_TEXT])


def build_glyph_tokenizer() -> ByT5Tokenizer:
    """ByT5's bytes and sentinels plus a few colour and font tokens, as the published one has them
    at 384 and up."""
    tokenizer = ByT5Tokenizer()
    added = [f"<color-{i}>" for i in range(3)] + [f"<en-font-{i}>" for i in range(3)]
    tokenizer.add_tokens([AddedToken(token) for token in added], special_tokens=True)
    return tokenizer


def _calibrate_vae(vae: AutoencoderKLHunyuanVideo15, dtype: torch.dtype) -> None:
    """Scales the outermost convolutions so that decoded values stay in [-1, 1] and encoded ones
    have unit size."""
    generator = torch.Generator("cpu").manual_seed(1)
    latents = torch.randn((1, vae.config.latent_channels, 2, 4, 5), generator=generator)
    pixels = torch.rand((1, 3, 1, 64, 80), generator=generator) * 2 - 1
    decoder, encoder = vae.decoder.conv_out.conv, vae.encoder.conv_out.conv
    decoder.bias.data.mul_(0.3)
    decoder.weight.data.mul_(0.33 / vae.decoder(latents).std().item())
    encoder.weight.data.mul_(1.0 / vae.encoder(pixels).std().item())
    for parameter in [*decoder.parameters(), *encoder.parameters()]:
        parameter.data.copy_(parameter.data.to(dtype))


def build_pipeline(spec: CaseSpec) -> Pipeline:
    """A complete pipeline in float32 whose weights have values that the files' types can hold."""
    tokenizer, glyph_tokenizer = build_tokenizer(), build_glyph_tokenizer()
    components = {
        "transformer": (networks.transformer(spec), TRANSFORMER_GAINS),
        "vae": (networks.vae(spec), VAE_GAINS),
        "text_encoder": (networks.text_encoder(spec, len(tokenizer) + 3), TEXT_GAINS),
        "text_encoder_2": (networks.glyph_encoder(spec, len(glyph_tokenizer) + 2), GLYPH_GAINS),
    }
    if spec.is_image_to_video:
        components["image_encoder"] = (networks.image_encoder(spec), IMAGE_GAINS)
    for offset, (name, (module, gains)) in enumerate(components.items()):
        dtype = getattr(torch, spec.storage_of(name).dtype)
        randomize(module.eval(), 1000 * spec.weight_seed + offset, gains, dtype)
    modules = {name: module for name, (module, _) in components.items()}
    _calibrate_vae(modules["vae"], getattr(torch, spec.storage_of("vae").dtype))
    modules |= {
        "tokenizer": tokenizer,
        "tokenizer_2": glyph_tokenizer,
        "scheduler": FlowMatchEulerDiscreteScheduler(shift=spec.scheduler_shift),
        "guider": ClassifierFreeGuidance(guidance_scale=spec.guider_scale),
    }
    if not spec.is_image_to_video:
        return HunyuanVideo15Pipeline(**modules)
    size = spec.image_encoder.image_size
    modules["feature_extractor"] = SiglipImageProcessor(
        size={"height": size, "width": size}, image_mean=[0.5] * 3, image_std=[0.5] * 3, resample=3
    )
    return HunyuanVideo15ImageToVideoPipeline(**modules)


def _use_transformers4_text_config(path: Path) -> None:
    """Rewrites a text config with the keys that transformers 4 wrote."""
    config = json.loads(path.read_text(encoding="utf-8"))
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope["rope_theta"]
    config["rope_scaling"] = {
        "mrope_section": rope["mrope_section"],
        "rope_type": "default",
        "type": "default",
    }
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.57.1"
    config.pop("layer_types", None)
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def save_checkpoint(spec: CaseSpec, directory: Path) -> None:
    """Builds and writes the pipeline."""
    save_components(build_pipeline(spec), spec.storage_of, directory)
    if spec.text_encoder.config_style == "transformers4":
        _use_transformers4_text_config(directory / "text_encoder" / "config.json")
