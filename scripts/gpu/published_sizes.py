"""Sizes that the released checkpoints' configurations state, by component: for checkpoints made at those sizes."""

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


def merged(config: Config, changes: Config) -> Config:
    """A configuration with what is said otherwise, nested objects key by key."""
    return config | {key: merged(config[key], value) if isinstance(value, dict) and isinstance(config.get(key), dict) else value for key, value in changes.items()}
