"""Names and shapes of every tensor of an LTX-2 checkpoint (2.0), from its config.json files alone."""

from collections.abc import Iterator
from math import prod

from shapes import Config, Named, Shapes, conv, linear

TIMESTEP_CHANNELS = 256
# Places moved into channels by a change of resolution: time, height, width.
STRIDES = {"spatial": (1, 2, 2), "temporal": (2, 1, 1), "spatiotemporal": (2, 2, 2)}


def _embedder(name: str, width: int, rows: int) -> Iterator[Named]:
    """AdaLayerNormSingle: a time's embedding and the `rows` vectors made from it."""
    yield from linear(f"{name}.emb.timestep_embedder.linear_1", width, TIMESTEP_CHANNELS)
    yield from linear(f"{name}.emb.timestep_embedder.linear_2", width, width)
    yield from linear(f"{name}.linear", rows * width, width)


def _attention(name: str, asking: int, context: int, inner: int) -> Iterator[Named]:
    for layer, into in [("to_q", asking), ("to_k", context), ("to_v", context)]:
        yield from linear(f"{name}.{layer}", inner, into)
    yield from linear(f"{name}.to_out.0", asking, inner)
    for norm in ["norm_q", "norm_k"]:
        yield f"{name}.{norm}.weight", (inner,)


def _feed_forward(name: str, width: int) -> Iterator[Named]:
    yield from linear(f"{name}.net.0.proj", 4 * width, width)
    yield from linear(f"{name}.net.2", width, 4 * width)


def _widths(config: Config) -> tuple[int, int]:
    """Of the video's stream and the sound's."""
    video = config["num_attention_heads"] * config["attention_head_dim"]
    return video, config["audio_num_attention_heads"] * config["audio_attention_head_dim"]


def _block(name: str, config: Config) -> Iterator[Named]:
    video, audio = _widths(config)
    texts = {"": config["cross_attention_dim"], "audio_": config["audio_cross_attention_dim"]}
    for prefix, width in [("", video), ("audio_", audio)]:
        yield from _attention(f"{name}.{prefix}attn1", width, width, width)
        yield from _attention(f"{name}.{prefix}attn2", width, texts[prefix], width)
        yield from _feed_forward(f"{name}.{prefix}ff", width)
        yield f"{name}.{prefix}scale_shift_table", (6, width)
    yield from _attention(f"{name}.audio_to_video_attn", video, audio, audio)
    yield from _attention(f"{name}.video_to_audio_attn", audio, video, audio)
    yield f"{name}.video_a2v_cross_attn_scale_shift_table", (5, video)
    yield f"{name}.audio_a2v_cross_attn_scale_shift_table", (5, audio)


def transformer(config: Config) -> Shapes:
    video, audio = _widths(config)
    shapes: Shapes = {}
    for prefix, width in [("", video), ("audio_", audio)]:
        shapes |= dict(linear(f"{prefix}proj_in", width, config[f"{prefix}in_channels"]))
        shapes |= dict(linear(f"{prefix}caption_projection.linear_1", width, config["caption_channels"]))
        shapes |= dict(linear(f"{prefix}caption_projection.linear_2", width, width))
        shapes |= dict(_embedder(f"{prefix}time_embed", width, 6))
        shapes |= {f"{prefix}scale_shift_table": (2, width)}
        shapes |= dict(linear(f"{prefix}proj_out", config[f"{prefix}out_channels"], width))
    shapes |= dict(_embedder("av_cross_attn_video_scale_shift", video, 4))
    shapes |= dict(_embedder("av_cross_attn_audio_scale_shift", audio, 4))
    shapes |= dict(_embedder("av_cross_attn_video_a2v_gate", video, 1))
    shapes |= dict(_embedder("av_cross_attn_audio_v2a_gate", audio, 1))
    for i in range(config["num_layers"]):
        shapes |= dict(_block(f"transformer_blocks.{i}", config))
    return shapes


def connectors(config: Config) -> Shapes:
    text = config["caption_channels"]
    shapes: Shapes = {"text_proj_in.weight": (text, text * config["text_proj_in_factor"])}
    for part in ["video_connector", "audio_connector"]:
        width = config[f"{part}_num_attention_heads"] * config[f"{part}_attention_head_dim"]
        shapes[f"{part}.learnable_registers"] = (config[f"{part}_num_learnable_registers"], width)
        for i in range(config[f"{part}_num_layers"]):
            shapes |= dict(_attention(f"{part}.transformer_blocks.{i}.attn1", width, width, width))
            shapes |= dict(_feed_forward(f"{part}.transformer_blocks.{i}.ff", width))
    return shapes


def _resnets(name: str, width: int, count: int) -> Iterator[Named]:
    for i in range(count):
        for layer in ["conv1", "conv2"]:
            yield from conv(f"{name}.resnets.{i}.{layer}.conv", width, width)


def _vae_encoder(config: Config) -> Iterator[Named]:
    width, layers = config["latent_channels"], config["layers_per_block"]
    yield from conv("encoder.conv_in.conv", width, config["in_channels"] * config["patch_size"] ** 2)
    for i, out in enumerate(config["block_out_channels"]):
        at = f"encoder.down_blocks.{i}"
        yield from _resnets(at, width, layers[i])
        yield from conv(f"{at}.downsamplers.0.conv.conv", out // prod(STRIDES[config["downsample_type"][i]]), width)
        width = out
    yield from _resnets("encoder.mid_block", width, layers[-1])
    yield from conv("encoder.conv_out.conv", config["latent_channels"] + 1, width)


def _vae_decoder(config: Config) -> Iterator[Named]:
    """Widths, layers and factors are told from the pixels inwards, types of upsampling from the latents outwards."""
    widths, layers, factors = (config[key][::-1] for key in ("decoder_block_out_channels", "decoder_layers_per_block", "upsample_factor"))
    yield from conv("decoder.conv_in.conv", widths[0], config["latent_channels"])
    yield from _resnets("decoder.mid_block", widths[0], layers[0])
    width = widths[0]
    for i, (factor, kind) in enumerate(zip(factors, config["upsample_type"])):
        at, into, width = f"decoder.up_blocks.{i}", width, widths[i] // factor
        if into // factor != width:
            raise ValueError(f"{at} changes its width, as no published decoder does")
        yield from conv(f"{at}.upsamplers.0.conv.conv", width * prod(STRIDES[kind]), width * factor)
        yield from _resnets(at, width, layers[i + 1])
    yield from conv("decoder.conv_out.conv", config["out_channels"] * config["patch_size"] ** 2, width)


def vae(config: Config) -> Shapes:
    latents = {name: (config["latent_channels"],) for name in ["latents_mean", "latents_std"]}
    return latents | dict(_vae_encoder(config)) | dict(_vae_decoder(config))


def _picture_resnet(name: str, into: int, out: int) -> Iterator[Named]:
    yield from conv(f"{name}.conv1.conv", out, into, axes=2)
    yield from conv(f"{name}.conv2.conv", out, out, axes=2)
    if into != out:
        yield from conv(f"{name}.nin_shortcut.conv", out, into, 1, axes=2)


def _audio_encoder(config: Config, widths: list[int]) -> Iterator[Named]:
    width = config["base_channels"]
    yield from conv("encoder.conv_in.conv", width, config["in_channels"], axes=2)
    for level, out in enumerate(widths):
        for i in range(config["num_res_blocks"]):
            yield from _picture_resnet(f"encoder.down.{level}.block.{i}", width, out)
            width = out
        if level + 1 < len(widths):
            yield from conv(f"encoder.down.{level}.downsample.conv", width, width, axes=2)
    for i in [1, 2]:
        yield from _picture_resnet(f"encoder.mid.block_{i}", width, width)
    yield from conv("encoder.conv_out.conv", 2 * config["latent_channels"], width, axes=2)


def _audio_decoder(config: Config, widths: list[int]) -> Iterator[Named]:
    width = widths[-1]
    yield from conv("decoder.conv_in.conv", width, config["latent_channels"], axes=2)
    for i in [1, 2]:
        yield from _picture_resnet(f"decoder.mid.block_{i}", width, width)
    for level in reversed(range(len(widths))):
        for i in range(config["num_res_blocks"] + 1):
            yield from _picture_resnet(f"decoder.up.{level}.block.{i}", width, widths[level])
            width = widths[level]
        if level:
            yield from conv(f"decoder.up.{level}.upsample.conv.conv", width, width, axes=2)
    yield from conv("decoder.conv_out.conv", config["output_channels"], width, axes=2)


def audio_vae(config: Config) -> Shapes:
    widths = [config["base_channels"] * factor for factor in config["ch_mult"]]
    features = {name: (config["base_channels"],) for name in ["latents_mean", "latents_std"]}
    return features | dict(_audio_encoder(config, widths)) | dict(_audio_decoder(config, widths))


def vocoder(config: Config) -> Shapes:
    width = config["hidden_channels"]
    shapes: Shapes = dict(conv("conv_in", width, config["in_channels"], 7, axes=1))
    kernels, dilations = config["resnet_kernel_sizes"], config["resnet_dilations"]
    for i, kernel in enumerate(config["upsample_kernel_sizes"]):
        shapes |= {f"upsamplers.{i}.weight": (width, width // 2, kernel), f"upsamplers.{i}.bias": (width // 2,)}
        width //= 2
        for j, (size, several) in enumerate(zip(kernels, dilations)):
            for layer in ["convs1", "convs2"]:
                for k in range(len(several)):
                    shapes |= dict(conv(f"resnets.{i * len(kernels) + j}.{layer}.{k}", width, width, size, axes=1))
    return shapes | dict(conv("conv_out", config["out_channels"], width, 7, axes=1))


def text_encoder(config: Config) -> Shapes:
    """The text part alone: nothing here looks at pictures through it."""
    text = config["text_config"]
    width, hidden, head = text["hidden_size"], text["intermediate_size"], text["head_dim"]
    queries, keys = text["num_attention_heads"] * head, text["num_key_value_heads"] * head
    at = "language_model.model"
    shapes: Shapes = {f"{at}.embed_tokens.weight": (text["vocab_size"], width), f"{at}.norm.weight": (width,)}
    for i in range(text["num_hidden_layers"]):
        layer = f"{at}.layers.{i}"
        for norm in ["input", "post_attention", "pre_feedforward", "post_feedforward"]:
            shapes[f"{layer}.{norm}_layernorm.weight"] = (width,)
        for name, out in [("q", queries), ("k", keys), ("v", keys)]:
            shapes[f"{layer}.self_attn.{name}_proj.weight"] = (out, width)
        shapes[f"{layer}.self_attn.o_proj.weight"] = (width, queries)
        for name in ["q", "k"]:
            shapes[f"{layer}.self_attn.{name}_norm.weight"] = (head,)
        for name, out, into in [("gate", hidden, width), ("up", hidden, width), ("down", width, hidden)]:
            shapes[f"{layer}.mlp.{name}_proj.weight"] = (out, into)
    return shapes


COMPONENTS = {
    "transformer": transformer,
    "connectors": connectors,
    "vae": vae,
    "audio_vae": audio_vae,
    "vocoder": vocoder,
    "text_encoder": text_encoder,
}
