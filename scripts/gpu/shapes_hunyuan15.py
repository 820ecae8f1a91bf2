"""Names and shapes of every tensor of a HunyuanVideo 1.5 checkpoint, from its config.json files alone."""

from collections.abc import Iterator

from shapes import Config, Named, Shapes, conv, linear, norm

GLYPH_PROJECTION_WIDTH = 2048  # fixed in the reference's code


def _refiner_block(name: str, width: int) -> Iterator[Named]:
    for layer in ["to_q", "to_k", "to_v", "to_out.0"]:
        yield from linear(f"{name}.attn.{layer}", width, width)
    yield from linear(f"{name}.ff.net.0.proj", 4 * width, width)
    yield from linear(f"{name}.ff.net.2", width, 4 * width)
    yield from norm(f"{name}.norm1", width)
    yield from norm(f"{name}.norm2", width)
    yield from linear(f"{name}.norm_out.linear", 2 * width, width)


def _double_block(name: str, width: int, hidden: int, head_dim: int) -> Iterator[Named]:
    for layer in ["norm1", "norm1_context"]:
        yield from linear(f"{name}.{layer}.linear", 6 * width, width)
    for layer in ["to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"]:
        yield from linear(f"{name}.attn.{layer}", width, width)
    for layer in ["norm_q", "norm_k", "norm_added_q", "norm_added_k"]:
        yield f"{name}.attn.{layer}.weight", (head_dim,)
    for layer in ["ff", "ff_context"]:
        yield from linear(f"{name}.{layer}.net.0.proj", hidden, width)
        yield from linear(f"{name}.{layer}.net.2", width, hidden)


def transformer(config: Config, glyph_width: int = GLYPH_PROJECTION_WIDTH) -> Shapes:
    head_dim = config["attention_head_dim"]
    width = config["num_attention_heads"] * head_dim
    patch, patch_t = config["patch_size"], config["patch_size_t"]
    image, glyph, text = config["image_embed_dim"], config["text_embed_2_dim"], config["text_embed_dim"]
    shapes: Shapes = {
        "x_embedder.proj.weight": (width, config["in_channels"], patch_t, patch, patch),
        "x_embedder.proj.bias": (width,),
        "cond_type_embed.weight": (3, width),
    }
    refiner = "context_embedder"
    embedders = ["timestep_embedder"] + ["timestep_embedder_r"] * config["use_meanflow"]
    for name, into in [(f"time_embed.{e}", 256) for e in embedders] + [
        (f"{refiner}.time_text_embed.timestep_embedder", 256),
        (f"{refiner}.time_text_embed.text_embedder", text),
    ]:
        shapes |= dict(linear(f"{name}.linear_1", width, into))
        shapes |= dict(linear(f"{name}.linear_2", width, width))
    shapes |= dict(linear(f"{refiner}.proj_in", width, text))
    for i in range(config["num_refiner_layers"]):
        shapes |= dict(_refiner_block(f"{refiner}.token_refiner.refiner_blocks.{i}", width))
    shapes |= dict(norm(f"{refiner}_2.norm", glyph))
    shapes |= dict(linear(f"{refiner}_2.linear_1", glyph_width, glyph))
    shapes |= dict(linear(f"{refiner}_2.linear_2", glyph_width, glyph_width))
    shapes |= dict(linear(f"{refiner}_2.linear_3", width, glyph_width))
    shapes |= dict(norm("image_embedder.norm_in", image))
    shapes |= dict(linear("image_embedder.linear_1", image, image))
    shapes |= dict(linear("image_embedder.linear_2", width, image))
    shapes |= dict(norm("image_embedder.norm_out", width))
    hidden = int(width * config["mlp_ratio"])
    for i in range(config["num_layers"]):
        shapes |= dict(_double_block(f"transformer_blocks.{i}", width, hidden, head_dim))
    shapes |= dict(linear("norm_out.linear", 2 * width, width))
    shapes |= dict(linear("proj_out", config["out_channels"] * patch_t * patch**2, width))
    return shapes


def _gamma(name: str, width: int) -> Iterator[Named]:
    yield f"{name}.gamma", (width, 1, 1, 1)


def _resnet(name: str, into: int, out: int) -> Iterator[Named]:
    yield from _gamma(f"{name}.norm1", into)
    yield from conv(f"{name}.conv1.conv", out, into)
    yield from _gamma(f"{name}.norm2", out)
    yield from conv(f"{name}.conv2.conv", out, out)
    if into != out:
        yield from conv(f"{name}.conv_shortcut", out, into, 1)


def _mid_block(name: str, width: int) -> Iterator[Named]:
    for i in range(2):
        yield from _resnet(f"{name}.resnets.{i}", width, width)
    yield from _gamma(f"{name}.attentions.0.norm", width)
    for layer in ["to_q", "to_k", "to_v", "proj_out"]:
        yield from conv(f"{name}.attentions.0.{layer}", width, width, 1)


def _levels(config: Config, part: str) -> Iterator[Named]:
    """The levels of one half, each with its change of resolution."""
    encodes = part == "encoder"
    widths = config["block_out_channels"] if encodes else config["block_out_channels"][::-1]
    space = config["spatial_compression_ratio"].bit_length() - 1
    time = config["temporal_compression_ratio"].bit_length() - 1
    group, resampler = ("down_blocks", "downsamplers") if encodes else ("up_blocks", "upsamplers")
    into = widths[0]
    for i, width in enumerate(widths):
        at = f"{part}.{group}.{i}"
        for j in range(config["layers_per_block"] + (not encodes)):
            yield from _resnet(f"{at}.resnets.{j}", width if j else into, width)
        into = width
        if i >= space:
            continue
        into = widths[i + 1]
        changes_time = i + time >= space if encodes else i < time
        factor = 8 if changes_time else 4
        out = into // factor if encodes else into * factor
        yield from conv(f"{at}.{resampler}.0.conv.conv", out, width)


def vae(config: Config) -> Shapes:
    widths, latent = config["block_out_channels"], config["latent_channels"]
    shapes: Shapes = dict(conv("encoder.conv_in.conv", widths[0], config["in_channels"]))
    shapes |= dict(_levels(config, "encoder"))
    shapes |= dict(_mid_block("encoder.mid_block", widths[-1]))
    shapes |= dict(_gamma("encoder.norm_out", widths[-1]))
    shapes |= dict(conv("encoder.conv_out.conv", 2 * latent, widths[-1]))
    shapes |= dict(conv("decoder.conv_in.conv", widths[-1], latent))
    shapes |= dict(_mid_block("decoder.mid_block", widths[-1]))
    shapes |= dict(_levels(config, "decoder"))
    shapes |= dict(_gamma("decoder.norm_out", widths[0]))
    shapes |= dict(conv("decoder.conv_out.conv", config["out_channels"], widths[0]))
    return shapes


def text_encoder(config: Config) -> Shapes:
    width, hidden = config["hidden_size"], config["intermediate_size"]
    keys = width // config["num_attention_heads"] * config["num_key_value_heads"]
    shapes: Shapes = {"embed_tokens.weight": (config["vocab_size"], width), "norm.weight": (width,)}
    for i in range(config["num_hidden_layers"]):
        at = f"layers.{i}"
        for norm in ["input_layernorm", "post_attention_layernorm"]:
            shapes[f"{at}.{norm}.weight"] = (width,)
        for layer, out in [("q_proj", width), ("k_proj", keys), ("v_proj", keys)]:
            shapes |= dict(linear(f"{at}.self_attn.{layer}", out, width))
        shapes |= dict(linear(f"{at}.self_attn.o_proj", width, width, bias=False))
        for layer, out, into in [("gate_proj", hidden, width), ("up_proj", hidden, width), ("down_proj", width, hidden)]:
            shapes |= dict(linear(f"{at}.mlp.{layer}", out, into, bias=False))
    return shapes


def glyph_encoder(config: Config) -> Shapes:
    width, inner, hidden = config["d_model"], config["num_heads"] * config["d_kv"], config["d_ff"]
    shapes: Shapes = {
        "shared.weight": (config["vocab_size"], width),
        "encoder.final_layer_norm.weight": (width,),
    }
    bias = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
    shapes[bias] = (config["relative_attention_num_buckets"], config["num_heads"])
    for i in range(config["num_layers"]):
        at = f"encoder.block.{i}"
        for layer, out, into in [("q", inner, width), ("k", inner, width), ("v", inner, width), ("o", width, inner)]:
            shapes |= dict(linear(f"{at}.layer.0.SelfAttention.{layer}", out, into, bias=False))
        for layer, out, into in [("wi_0", hidden, width), ("wi_1", hidden, width), ("wo", width, hidden)]:
            shapes |= dict(linear(f"{at}.layer.1.DenseReluDense.{layer}", out, into, bias=False))
        for j in range(2):
            shapes[f"{at}.layer.{j}.layer_norm.weight"] = (width,)
    return shapes


COMPONENTS = {
    "transformer": transformer,
    "vae": vae,
    "text_encoder": text_encoder,
    "text_encoder_2": glyph_encoder,
}
