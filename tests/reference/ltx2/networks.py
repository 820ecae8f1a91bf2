"""The networks of an LTX-2 pipeline in the sizes of a case; their weights are still the classes'
defaults."""

from typing import Any

from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    LTX2ConditionPipeline,
    LTX2ImageToVideoPipeline,
    LTX2Pipeline,
    LTX2VideoTransformer3DModel,
)
from diffusers.pipelines.ltx2 import LTX2TextConnectors, LTX2Vocoder, LTX2VocoderWithBWE
from transformers import Gemma3Config, Gemma3ForConditionalGeneration

from ltx2.spec import CaseSpec

Pipeline = LTX2Pipeline | LTX2ImageToVideoPipeline | LTX2ConditionPipeline

VOCODER_2_0 = {"upsample_kernel_sizes": [16, 15, 8, 4, 4], "upsample_factors": [6, 5, 2, 2, 2]}
VOCODER_2_3 = {
    "upsample_kernel_sizes": [11, 4, 4, 4, 4, 4],
    "upsample_factors": [5, 2, 2, 2, 2, 2],
    "bwe_upsample_kernel_sizes": [12, 11, 4, 4, 4],
    "bwe_upsample_factors": [6, 5, 2, 2, 2],
}


# The classes write into what they are given: each gets dictionaries of its own.
def text_rope() -> dict[str, Any]:
    """Of Gemma's two kinds of layers."""
    return {
        "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
        "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
    }


def vision_tower() -> dict[str, Any]:
    """Sizes of what the pipelines do not run."""
    return {
        "model_type": "siglip_vision_model",
        "hidden_size": 8,
        "intermediate_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 28,
        "patch_size": 14,
    }


def transformer(spec: CaseSpec) -> LTX2VideoTransformer3DModel:
    """2.3 has gates, modulated text, no caption projections, and honours STG."""
    sizes, newer = spec.transformer, spec.is_2_3
    return LTX2VideoTransformer3DModel(
        in_channels=spec.vae.latent_channels,
        out_channels=spec.vae.latent_channels,
        num_attention_heads=sizes.num_attention_heads,
        attention_head_dim=sizes.attention_head_dim,
        cross_attention_dim=sizes.width,
        gated_attn=newer,
        cross_attn_mod=newer,
        audio_in_channels=spec.audio.token_width,
        audio_out_channels=spec.audio.token_width,
        audio_num_attention_heads=sizes.audio_num_attention_heads,
        audio_attention_head_dim=sizes.audio_attention_head_dim,
        audio_cross_attention_dim=sizes.audio_width,
        audio_gated_attn=newer,
        audio_cross_attn_mod=newer,
        num_layers=sizes.num_layers,
        caption_channels=spec.text_encoder.hidden_size,
        rope_type=sizes.rope_type,
        rope_double_precision=sizes.rope_double_precision,
        use_prompt_embeddings=not newer,
        perturbed_attn=newer if sizes.perturbed_attn is None else sizes.perturbed_attn,
    )


def connectors(spec: CaseSpec) -> LTX2TextConnectors:
    """2.0's keep the text encoder's width, 2.3's have the transformer's widths."""
    sizes, text = spec.connectors, spec.text_encoder
    widths = (
        (spec.transformer.width, spec.transformer.audio_width)
        if spec.is_2_3
        else (text.hidden_size, text.hidden_size)
    )
    streams: dict[str, Any] = {}
    for name, width in zip(["video", "audio"], widths):
        streams |= {
            f"{name}_connector_num_attention_heads": sizes.num_attention_heads,
            f"{name}_connector_attention_head_dim": width // sizes.num_attention_heads,
            f"{name}_connector_num_layers": sizes.num_layers,
            f"{name}_connector_num_learnable_registers": sizes.num_learnable_registers,
            f"{name}_gated_attn": spec.is_2_3,
            f"{name}_hidden_dim": width,
        }
    return LTX2TextConnectors(
        caption_channels=text.hidden_size,
        text_proj_in_factor=text.num_hidden_layers + 1,
        rope_type=spec.transformer.rope_type,
        rope_double_precision=spec.transformer.rope_double_precision,
        per_modality_projections=spec.is_2_3,
        proj_bias=spec.is_2_3,
        **streams,
    )


def text_encoder(spec: CaseSpec, vocab_size: int) -> Gemma3ForConditionalGeneration:
    """With a vision tower."""
    sizes = spec.text_encoder
    text = {
        "vocab_size": vocab_size,
        "hidden_size": sizes.hidden_size,
        "intermediate_size": sizes.intermediate_size,
        "num_hidden_layers": sizes.num_hidden_layers,
        "num_attention_heads": sizes.num_attention_heads,
        "num_key_value_heads": sizes.num_key_value_heads,
        "head_dim": sizes.head_dim,
        "query_pre_attn_scalar": sizes.head_dim,
        "sliding_window": sizes.sliding_window,
        "rope_parameters": text_rope(),
    }
    return Gemma3ForConditionalGeneration(
        Gemma3Config(
            text_config=text,
            vision_config=vision_tower(),
            mm_tokens_per_image=4,
            image_token_index=vocab_size - 1,
            boi_token_index=vocab_size - 2,
            eoi_token_index=vocab_size - 3,
        )
    )


def vae(spec: CaseSpec) -> AutoencoderKLLTX2Video:
    """Compresses 32 x 32 pixels and 8 frames, as the published ones."""
    sizes, blocks = spec.vae, len(spec.vae.decoder_block_out_channels)
    return AutoencoderKLLTX2Video(
        latent_channels=sizes.latent_channels,
        block_out_channels=sizes.block_out_channels,
        layers_per_block=sizes.layers_per_block,
        decoder_block_out_channels=sizes.decoder_block_out_channels,
        decoder_layers_per_block=sizes.decoder_layers_per_block,
        decoder_spatio_temporal_scaling=(True,) * blocks,
        decoder_inject_noise=(False,) * (blocks + 1),
        upsample_type=sizes.upsample_type,
        upsample_residual=sizes.upsample_residual,
        upsample_factor=sizes.upsample_factor,
        timestep_conditioning=sizes.timestep_conditioning,
        scaling_factor=sizes.scaling_factor,
        decoder_causal=sizes.decoder_causal,
        decoder_spatial_padding_mode=sizes.decoder_spatial_padding_mode,
        spatial_compression_ratio=32,
        temporal_compression_ratio=8,
    )


def audio_vae(spec: CaseSpec) -> AutoencoderKLLTX2Audio:
    """The statistics' length is base_channels, which therefore is the width of a token."""
    sizes = spec.audio
    return AutoencoderKLLTX2Audio(
        base_channels=sizes.base_channels,
        ch_mult=sizes.ch_mult,
        num_res_blocks=sizes.num_res_blocks,
        latent_channels=sizes.latent_channels,
        mel_bins=sizes.mel_bins,
    )


def vocoder(spec: CaseSpec) -> LTX2Vocoder | LTX2VocoderWithBWE:
    """24 kHz at once, or 16 kHz extended to 48 kHz."""
    sizes = spec.audio
    resnets = {
        "resnet_kernel_sizes": list(sizes.resnet_kernel_sizes),
        "resnet_dilations": [[1, 3, 5]] * len(sizes.resnet_kernel_sizes),
    }
    common = {
        "in_channels": 2 * sizes.mel_bins,
        "hidden_channels": sizes.vocoder_channels,
        **resnets,
    }
    if not spec.is_2_3:
        return LTX2Vocoder(**common, **VOCODER_2_0)
    return LTX2VocoderWithBWE(
        **common,
        **VOCODER_2_3,
        bwe_in_channels=2 * sizes.mel_bins,
        bwe_hidden_channels=sizes.bwe_channels,
        **{f"bwe_{name}": value for name, value in resnets.items()},
        filter_length=sizes.filter_length,
        window_length=sizes.filter_length,
        num_mel_channels=sizes.mel_bins,
    )
