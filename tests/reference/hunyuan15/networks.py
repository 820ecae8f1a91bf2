"""The networks of a HunyuanVideo 1.5 pipeline in the sizes of a case; their weights are still the
classes' defaults."""

from diffusers import (
    AutoencoderKLHunyuanVideo15,
    HunyuanVideo15ImageToVideoPipeline,
    HunyuanVideo15Pipeline,
    HunyuanVideo15Transformer3DModel,
)
from diffusers.models.transformers.transformer_hunyuan_video15 import (
    HunyuanVideo15ByT5TextProjection,
)
from transformers import (
    Qwen2_5_VLTextModel,
    SiglipVisionConfig,
    SiglipVisionModel,
    T5Config,
    T5EncoderModel,
)
from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLTextConfig

from hunyuan15.spec import CaseSpec

Pipeline = HunyuanVideo15Pipeline | HunyuanVideo15ImageToVideoPipeline


def transformer(spec: CaseSpec) -> HunyuanVideo15Transformer3DModel:
    """Text-to-video and image-to-video have the same network."""
    sizes, latent = spec.transformer, spec.vae.latent_channels
    model = HunyuanVideo15Transformer3DModel(
        in_channels=2 * latent + 1,
        out_channels=latent,
        num_attention_heads=sizes.num_attention_heads,
        attention_head_dim=sizes.attention_head_dim,
        num_layers=sizes.num_layers,
        num_refiner_layers=sizes.num_refiner_layers,
        mlp_ratio=sizes.mlp_ratio,
        text_embed_dim=spec.text_encoder.hidden_size,
        text_embed_2_dim=spec.glyph_encoder.d_model,
        image_embed_dim=spec.image_encoder.hidden_size,
        rope_theta=sizes.rope_theta,
        rope_axes_dim=sizes.rope_axes_dim,
        target_size=sizes.target_size,
        task_type="i2v" if spec.is_image_to_video else "t2v",
        use_meanflow=sizes.use_meanflow,
    )
    set_glyph_projection_width(model, sizes.glyph_projection_width)
    return model


def set_glyph_projection_width(model: HunyuanVideo15Transformer3DModel, width: int) -> None:
    """Rebuilds the one part whose width diffusers fixes in code (2048), if `width` is another."""
    if width != model.context_embedder_2.linear_1.out_features:
        model.context_embedder_2 = HunyuanVideo15ByT5TextProjection(
            model.config.text_embed_2_dim,
            width,
            model.config.num_attention_heads * model.config.attention_head_dim,
        )


def text_encoder(spec: CaseSpec, vocab_size: int) -> Qwen2_5_VLTextModel:
    """The pipelines take what comes before the last two layers."""
    sizes = spec.text_encoder
    return Qwen2_5_VLTextModel(
        Qwen2_5_VLTextConfig(
            vocab_size=vocab_size,
            hidden_size=sizes.hidden_size,
            intermediate_size=sizes.intermediate_size,
            num_hidden_layers=sizes.num_hidden_layers,
            num_attention_heads=sizes.num_attention_heads,
            num_key_value_heads=sizes.num_key_value_heads,
            max_position_embeddings=4096,
            rms_norm_eps=1e-6,
            rope_parameters={
                "rope_theta": 1e6,
                "rope_type": "default",
                "mrope_section": list(sizes.mrope_section),
            },
            bos_token_id=None,
            eos_token_id=None,
        )
    )


def glyph_encoder(spec: CaseSpec, vocab_size: int) -> T5EncoderModel:
    """ByT5's encoder."""
    sizes = spec.glyph_encoder
    return T5EncoderModel(
        T5Config(
            vocab_size=vocab_size,
            d_model=sizes.d_model,
            d_kv=sizes.d_kv,
            d_ff=sizes.d_ff,
            num_layers=sizes.num_layers,
            num_heads=sizes.num_heads,
            feed_forward_proj="gated-gelu",
            is_encoder_decoder=False,
            use_cache=False,
        )
    )


def image_encoder(spec: CaseSpec) -> SiglipVisionModel:
    """With its head, which the pipelines do not use."""
    sizes = spec.image_encoder
    return SiglipVisionModel(
        SiglipVisionConfig(
            hidden_size=sizes.hidden_size,
            intermediate_size=sizes.intermediate_size,
            num_hidden_layers=sizes.num_hidden_layers,
            num_attention_heads=sizes.num_attention_heads,
            image_size=sizes.image_size,
            patch_size=sizes.patch_size,
        )
    )


def vae(spec: CaseSpec) -> AutoencoderKLHunyuanVideo15:
    """Compresses 16 x 16 pixels and 4 frames, as the published one."""
    return AutoencoderKLHunyuanVideo15(
        latent_channels=spec.vae.latent_channels,
        block_out_channels=spec.vae.block_out_channels,
        layers_per_block=spec.vae.layers_per_block,
        scaling_factor=spec.vae.scaling_factor,
    )
