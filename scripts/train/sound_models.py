"""The networks of the model with sound in diffusers' and transformers' own classes, and how they start.

The audio autoencoder and the vocoder are set in closed form and never trained. The text encoder is random and frozen: the
connectors and the transformer learn to read it.
"""
import json
import os
import random
import tempfile

import torch

import sound_latents
import sound_world
import text as text_module

TEXT_LENGTH = 32  # tokens; the pipelines' max_sequence_length
TEXT_WIDTH, TEXT_LAYERS = 64, 2
WIDTH, AUDIO_WIDTH, HEADS = 128, 64, 4
SAMPLE_RATE, HOP = 16000, 320

TRANSFORMER = {
    "in_channels": sound_latents.CHANNELS, "out_channels": sound_latents.CHANNELS, "num_attention_heads": HEADS,
    "attention_head_dim": WIDTH // HEADS, "cross_attention_dim": WIDTH, "vae_scale_factors": [4, 16, 16],
    "pos_embed_max_pos": 4, "base_height": 128, "base_width": 128, "audio_in_channels": 16, "audio_out_channels": 16,
    "audio_num_attention_heads": HEADS, "audio_attention_head_dim": AUDIO_WIDTH // HEADS,
    "audio_cross_attention_dim": AUDIO_WIDTH, "audio_pos_embed_max_pos": 4, "audio_sampling_rate": SAMPLE_RATE,
    "audio_hop_length": HOP, "num_layers": 5, "caption_channels": TEXT_WIDTH, "rope_theta": 12.0, "rope_type": "split",
}
CONNECTORS = {
    "caption_channels": TEXT_WIDTH, "text_proj_in_factor": TEXT_LAYERS + 1, "connector_rope_base_seq_len": 64,
    "rope_theta": 64.0, "rope_type": "split",
    **{f"{s}_connector_{k}": v for s in ("video", "audio") for k, v in {
        "num_attention_heads": 4, "attention_head_dim": TEXT_WIDTH // 4, "num_layers": 1,
        "num_learnable_registers": 16}.items()},
}
VAE = {
    "latent_channels": sound_latents.CHANNELS, "block_out_channels": [48, 48], "layers_per_block": [1, 1, 1],
    "down_block_types": ["LTX2VideoDownBlock3D"] * 2, "spatio_temporal_scaling": [True, True],
    "downsample_type": ["spatiotemporal"] * 2, "decoder_block_out_channels": [48, 48],
    "decoder_layers_per_block": [2, 1, 1], "decoder_spatio_temporal_scaling": [True, True],
    "decoder_inject_noise": [False] * 3, "upsample_type": ["spatiotemporal"] * 2, "upsample_residual": [False, False],
    "upsample_factor": [1, 1], "patch_size": 4, "decoder_causal": True, "decoder_spatial_padding_mode": "zeros",
    "spatial_compression_ratio": 16, "temporal_compression_ratio": 4,
}
AUDIO_VAE = {
    "base_channels": 16, "ch_mult": [1, 1, 1], "num_res_blocks": 1, "latent_channels": 2, "sample_rate": SAMPLE_RATE,
    "mel_hop_length": HOP, "mel_bins": 32,
}
VOCODER = {
    "in_channels": 64, "hidden_channels": 64, "upsample_kernel_sizes": [1, 2 * HOP], "upsample_factors": [1, HOP],
    "resnet_kernel_sizes": [1], "resnet_dilations": [[1]], "output_sampling_rate": SAMPLE_RATE,
}


def build_tokenizer(folder, captions=12000, seed=1):
    """Trains a vocabulary of Gemma's form (byte fallback, blanks as ▁) on captions and common words; saves it in `folder`."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    from transformers import GemmaTokenizer
    first = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>"]
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Replace(" ", "▁")
    t.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    rng = random.Random(seed)
    corpus = [sound_world.caption(sound_world.sample_scene(rng), rng) for _ in range(captions)]
    words = text_module.ENGLISH.split()
    corpus += [" " + w for w in words] * 1000 + words * 3 + [w.capitalize() for w in words] * 3
    trainer = trainers.BpeTrainer(
        vocab_size=1200, min_frequency=50, special_tokens=[*first, *(f"<0x{b:02X}>" for b in range(256))],
        limit_alphabet=90, show_progress=False)
    t.train_from_iterator(corpus, trainer)
    data = json.loads(t.to_str())
    data["added_tokens"] = [a for a in data["added_tokens"] if a["content"] in first]
    data["pre_tokenizer"] = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
    bos = {"id": "<bos>", "ids": [data["model"]["vocab"]["<bos>"]], "tokens": ["<bos>"]}
    a, b = ({"Sequence": {"id": n, "type_id": i}} for i, n in enumerate("AB"))
    begin = [{"SpecialToken": {"id": "<bos>", "type_id": i}} for i in (0, 1)]
    data["post_processor"] = {"type": "TemplateProcessing", "single": [begin[0], a], "pair": [begin[0], a, begin[1], b],
                              "special_tokens": {"<bos>": bos}}
    data["decoder"] = {"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]}
    config = {"tokenizer_class": "GemmaTokenizer", "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>",
              "unk_token": "<unk>", "mask_token": "<mask>", "model_max_length": 2048, "padding_side": "left"}
    with tempfile.TemporaryDirectory() as scratch:
        for name, content in (("tokenizer.json", data), ("tokenizer_config.json", config)):
            with open(os.path.join(scratch, name), "w", encoding="utf-8") as f:
                json.dump(content, f)
        tok = GemmaTokenizer.from_pretrained(scratch)
    os.makedirs(folder, exist_ok=True)
    tok.save_pretrained(folder)
    return tok


def text_encoder(vocabulary, seed=4):
    """Gemma 3 of two random layers, with the vision tower that its class demands and nobody runs. Values that bfloat16 has."""
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration
    torch.manual_seed(seed)
    size = vocabulary + 3
    text = {
        "vocab_size": size, "hidden_size": TEXT_WIDTH, "intermediate_size": 128, "num_hidden_layers": TEXT_LAYERS,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "query_pre_attn_scalar": 16,
        "sliding_window": 512, "max_position_embeddings": 2048, "rope_parameters": {
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}},
    }
    vision = {"model_type": "siglip_vision_model", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1,
              "num_attention_heads": 2, "image_size": 28, "patch_size": 14}
    model = Gemma3ForConditionalGeneration(Gemma3Config(
        text_config=text, vision_config=vision, mm_tokens_per_image=4, image_token_index=size - 1,
        boi_token_index=size - 2, eoi_token_index=size - 3))
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "embed_tokens" in name:
                p.normal_(0, TEXT_WIDTH ** -0.5)
            elif "language_model" in name and p.ndim == 2:
                torch.nn.init.orthogonal_(p)
            p.copy_(p.bfloat16().float())
    return model.eval().requires_grad_(False)


def transformer():
    """The generator, with zero outputs and gates a little open."""
    from diffusers import LTX2VideoTransformer3DModel
    model = LTX2VideoTransformer3DModel(**TRANSFORMER)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("bias") or name.startswith(("proj_out", "audio_proj_out")) or name.endswith("scale_shift_table"):
                p.zero_()
            elif "time_embed.linear" in name or name.startswith("av_cross") and ".linear.weight" in name:
                p.zero_()
            elif p.ndim == 2 and "transformer_blocks" in name:
                torch.nn.init.orthogonal_(p, 0.7)
            elif p.ndim == 2 and "emb.timestep" not in name:
                torch.nn.init.orthogonal_(p)
        for b in model.transformer_blocks:
            for table in (b.scale_shift_table, b.audio_scale_shift_table):
                table[2], table[5] = 0.3, 0.3
            b.video_a2v_cross_attn_scale_shift_table[4] = 0.1
            b.audio_a2v_cross_attn_scale_shift_table[4] = 0.4
    return model


def connectors():
    from diffusers.pipelines.ltx2 import LTX2TextConnectors
    model = LTX2TextConnectors(**CONNECTORS)
    with torch.no_grad():
        torch.nn.init.orthogonal_(model.text_proj_in.weight)
        for name, p in model.named_parameters():
            if p.ndim == 2 and "transformer_blocks" in name:
                torch.nn.init.orthogonal_(p, 0.5)
            elif name.endswith("bias"):
                p.zero_()
    return model


def encode_text(encoder, tok, prompts):
    """What the pipeline hands to the connectors: hidden states [B, 32, 64·3] and the mask [B, 32]."""
    tok.padding_side = "left"
    t = tok([p.strip() for p in prompts], padding="max_length", max_length=TEXT_LENGTH, truncation=True,
            add_special_tokens=True, return_tensors="pt")
    with torch.no_grad():
        out = encoder.model(input_ids=t.input_ids, attention_mask=t.attention_mask, output_hidden_states=True)
    return torch.stack(out.hidden_states, -1).flatten(2), t.attention_mask


def audio_vae():
    """The decoder repeats a latent over its four frames and bins; norm and SiLU become linear through pairs of opposite
    sign (silu(u) − silu(−u) = u) and constant channels that fix the norm. The encoder is left as it was drawn."""
    from diffusers import AutoencoderKLLTX2Audio
    torch.manual_seed(6)
    vae, k = AutoencoderKLLTX2Audio(**AUDIO_VAE), 16.0
    d = vae.decoder
    with torch.no_grad():
        for name, p in d.named_parameters():
            if name.endswith("conv2.conv.weight") or name.endswith("bias"):
                p.zero_()
        for conv in (d.conv_in.conv, d.conv_out.conv, d.up[1].upsample.conv.conv, d.up[2].upsample.conv.conv):
            conv.weight.zero_()
        for level in (1, 2):
            d.up[level].upsample.conv.conv.weight[:, :, 2, 1] = torch.eye(16)
        for side in (0, 1):
            d.conv_in.conv.weight[2 * side, side, 2, 1] = 1
            d.conv_in.conv.weight[2 * side + 1, side, 2, 1] = -1
            rms = k * (12 / 16) ** 0.5
            d.conv_out.conv.weight[side, 2 * side, 2, 1] = rms
            d.conv_out.conv.weight[side, 2 * side + 1, 2, 1] = -rms
        d.conv_in.conv.bias[4:] = k
        vae.latents_mean.fill_(sound_latents.AUDIO_MEAN)
        vae.latents_std.fill_(sound_latents.AUDIO_STD)
    return vae.eval()


def vocoder(floor=0.2, level=0.45):
    """Adds up sine waves: what exceeds `floor` in the mean of a note's four bins is its loudness.

    Leaky ReLUs cannot cut by themselves: 0.9·relu(x) = lrelu(x) − 0.1·x, and x = (lrelu(x) − lrelu(−x)) / 1.1.
    The waves of neighbouring frames are cross-faded (a Hann window over two), in phase as every period fits into a frame.
    """
    from diffusers.pipelines.ltx2 import LTX2Vocoder
    torch.manual_seed(7)
    m = LTX2Vocoder(**VOCODER)
    notes = len(sound_world.NOTES)
    with torch.no_grad():
        for p in m.parameters():
            p.zero_()
        for side in (0, 1):
            for note in range(notes):
                i = 2 * (side * notes + note)
                for sign in (0, 1):
                    at = side * 32 + 4 * note
                    m.conv_in.weight[i + sign, at:at + 4, 3] = (1 - 2 * sign) / 4
                    m.conv_in.bias[i + sign] = (2 * sign - 1) * floor
                # After lrelu: relu(x) out of both, kept non-negative so that the next leaky ReLU does nothing.
                gain = 1 / 0.9 / (1 - floor)
                m.upsamplers[0].weight[i, side * notes + note, 0] = gain * (1 - 0.1 / 1.1)
                m.upsamplers[0].weight[i + 1, side * notes + note, 0] = gain * 0.1 / 1.1
        n = 2 * HOP
        window = 0.5 - 0.5 * torch.cos(2 * torch.pi * (torch.arange(n) + 0.5) / n)
        for note, hz in enumerate(sound_world.NOTES):
            wave = window * torch.sin(2 * torch.pi * hz * (torch.arange(n) + 0.5 - HOP / 2) / SAMPLE_RATE)
            wave *= level * (600 / hz) ** 0.3
            for side in (0, 1):
                m.upsamplers[1].weight[side * notes + note, 2 * side] = wave
                m.upsamplers[1].weight[side * notes + note, 2 * side + 1] = -wave
        for side in (0, 1):
            m.conv_out.weight[side, 2 * side, 3] = 1 / 1.01
            m.conv_out.weight[side, 2 * side + 1, 3] = -1 / 1.01
    return m.eval()
