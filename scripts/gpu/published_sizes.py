"""Sizes that the released checkpoints' configurations state, by component: for checkpoints made at those sizes."""

from typing import Any

from shapes import Config

HUNYUAN15_SIZES: dict[str, Config] = {
    "transformer": {
        "num_attention_heads": 16,
        "attention_head_dim": 128,
        "in_channels": 65,
        "out_channels": 32,
        "num_layers": 54,
        "num_refiner_layers": 2,
        "mlp_ratio": 4.0,
        "text_embed_dim": 3584,
        "text_embed_2_dim": 1472,
        "image_embed_dim": 1152,
        "rope_axes_dim": [16, 56, 56],
    },
    "vae": {
        "latent_channels": 32,
        "block_out_channels": [128, 256, 512, 1024, 1024],
        "layers_per_block": 2,
    },
    "text_encoder": {
        "hidden_size": 3584,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "intermediate_size": 18944,
        "vocab_size": 152064,
        "layer_types": ["full_attention"] * 28,
        "rope_parameters": {"mrope_section": [16, 24, 24], "rope_theta": 1e6, "rope_type": "default"},
    },
    "text_encoder_2": {
        "d_model": 1472,
        "d_kv": 64,
        "num_heads": 6,
        "d_ff": 3584,
        "num_layers": 12,
        "num_decoder_layers": 12,
        "vocab_size": 1510,
    },
}
GEMMA_SIZES: Config = {
    "hidden_size": 3840,
    "intermediate_size": 15360,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 256,
    "query_pre_attn_scalar": 256,
    "num_hidden_layers": 48,
    "layer_types": (["sliding_attention"] * 5 + ["full_attention"]) * 8,
    "sliding_window": 1024,
    "vocab_size": 262208,
}
SIGLIP_SIZES: Config = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "image_size": 384,
    "patch_size": 14,
}
LTX2_SIZES: dict[str, Config] = {
    "transformer": {
        "num_attention_heads": 32,
        "attention_head_dim": 128,
        "audio_num_attention_heads": 32,
        "audio_attention_head_dim": 64,
        "cross_attention_dim": 4096,
        "audio_cross_attention_dim": 2048,
        "caption_channels": 3840,
        "num_layers": 48,
        **{f"{stream}{way}_channels": 128 for stream in ("", "audio_") for way in ("in", "out")},
    },
    "connectors": {
        "caption_channels": 3840,
        "text_proj_in_factor": 49,
        **{
            f"{part}_connector_{key}": value
            for part in ("video", "audio")
            for key, value in [("num_attention_heads", 30), ("attention_head_dim", 128), ("num_layers", 2), ("num_learnable_registers", 128)]
        },
        "video_hidden_dim": 4096,
        "audio_hidden_dim": 2048,
    },
    "vae": {
        "latent_channels": 128,
        "block_out_channels": [256, 512, 1024, 2048],
        "layers_per_block": [4, 6, 6, 2, 2],
        "decoder_block_out_channels": [256, 512, 1024],
        "decoder_layers_per_block": [5, 5, 5, 5],
    },
    "audio_vae": {"base_channels": 128, "ch_mult": [1, 2, 4], "num_res_blocks": 2, "latent_channels": 8, "mel_bins": 64},
    "vocoder": {"hidden_channels": 1024, "in_channels": 128},
    "text_encoder": {"text_config": GEMMA_SIZES},
}
# What 2.3 says otherwise than 2.0.
LTX2_3_SIZES: dict[str, Config] = {
    "transformer": {
        "gated_attn": True,
        "cross_attn_mod": True,
        "audio_gated_attn": True,
        "audio_cross_attn_mod": True,
        "use_prompt_embeddings": False,
        "perturbed_attn": True,
    },
    "connectors": {
        "video_connector_num_attention_heads": 32,
        "video_connector_num_layers": 8,
        "audio_connector_num_attention_heads": 32,
        "audio_connector_attention_head_dim": 64,
        "audio_connector_num_layers": 8,
        "video_gated_attn": True,
        "audio_gated_attn": True,
        "per_modality_projections": True,
        "proj_bias": True,
        "video_hidden_dim": 4096,
        "audio_hidden_dim": 2048,
    },
    "vae": {
        "block_out_channels": [256, 512, 1024, 1024],
        "layers_per_block": [4, 6, 4, 2, 2],
        "decoder_block_out_channels": [256, 512, 512, 1024],
        "decoder_layers_per_block": [4, 6, 4, 2, 2],
        "decoder_spatio_temporal_scaling": [True] * 4,
        "decoder_inject_noise": [False] * 5,
        "upsample_type": ["spatiotemporal", "spatiotemporal", "temporal", "spatial"],
        "upsample_residual": [False] * 4,
        "upsample_factor": [2, 2, 1, 2],
        "decoder_spatial_padding_mode": "zeros",
    },
}


def merged(config: Config, changes: Config) -> Config:
    """A configuration with what is said otherwise, nested objects key by key."""

    def both(key: str, value: Any) -> Any:
        nested = isinstance(value, dict) and isinstance(config.get(key), dict)
        return merged(config[key], value) if nested else value

    return config | {key: both(key, value) for key, value in changes.items()}
