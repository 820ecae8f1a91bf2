"""Writes the trained parts as a diffusers pipeline in bfloat16 and checks that it gives what the training classes give."""
import json
import os
import shutil

import torch

import render
import text as text_module
import train_vae
import transformer as transformer_module
import vae as vae_module


def bf16(module):
    return module.to(torch.bfloat16).eval()


def text_encoder(model, tok):
    """transformers' Qwen2.5-VL text model with our weights."""
    from transformers import Qwen2_5_VLTextModel
    from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLTextConfig
    c = text_module.CONFIG
    plain = {k: v for k, v in c.items() if k not in ("rope_theta", "mrope_section")}
    config = Qwen2_5_VLTextConfig(
        vocab_size=len(tok), **plain, pad_token_id=tok.pad_token_id, bos_token_id=None, eos_token_id=tok.eos_token_id,
        rope_parameters={"rope_theta": c["rope_theta"], "rope_type": "default", "mrope_section": c["mrope_section"]})
    ref = Qwen2_5_VLTextModel(config)
    ref.load_state_dict(model.state_dict())
    return ref


def glyph_encoder():
    """A T5 encoder of the right kind with random weights: the transformer's glyph projection ends in zeros."""
    from transformers import T5Config, T5EncoderModel
    torch.manual_seed(5)
    return T5EncoderModel(T5Config(
        vocab_size=384, d_model=32, d_kv=8, d_ff=64, num_layers=1, num_heads=4, feed_forward_proj="gated-gelu",
        is_encoder_decoder=False, use_cache=False))


def pipeline_from(folder):
    """The pipeline of diffusers' own classes, in float32, from the checkpoints in `folder`."""
    from diffusers import (AutoencoderKLHunyuanVideo15, ClassifierFreeGuidance, FlowMatchEulerDiscreteScheduler,
                           HunyuanVideo15Pipeline)
    from transformers import ByT5Tokenizer, Qwen2Tokenizer
    from train_transformer import Generator
    tok = Qwen2Tokenizer.from_pretrained(os.path.join(folder, "tokenizer"))
    s = torch.load(os.path.join(folder, "transformer.pt"))
    model = Generator(len(tok))
    model.load_state_dict(s["ema"]["shadow"])
    vae = AutoencoderKLHunyuanVideo15(**{**vae_module.CONFIG, "scaling_factor": round(s["scale"], 5)})
    vae.load_state_dict(train_vae.finished(folder))
    with open(os.path.join(folder, "settings.json"), encoding="utf-8") as f:
        settings = json.load(f)
    return HunyuanVideo15Pipeline(
        transformer=transformer_module.diffusers_state(model.transformer), vae=vae, text_encoder=text_encoder(model.text, tok),
        tokenizer=tok, text_encoder_2=glyph_encoder(), tokenizer_2=ByT5Tokenizer(extra_ids=125),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=settings["shift"]),
        guider=ClassifierFreeGuidance(guidance_scale=settings["guidance_scale"]))


def save(folder, target):
    """Saves the pipeline under `target`, weights in bfloat16, and loads it again; returns the size in bytes."""
    from diffusers import HunyuanVideo15Pipeline
    pipe = pipeline_from(folder)
    for name in ("transformer", "vae", "text_encoder", "text_encoder_2"):
        bf16(getattr(pipe, name))
    for name in os.listdir(target) if os.path.isdir(target) else ():
        if os.path.isdir(os.path.join(target, name)):
            shutil.rmtree(os.path.join(target, name))
    pipe.save_pretrained(target)
    with open(os.path.join(target, "kinema.json"), "w", encoding="utf-8") as f:  # what diffusers has no place for
        json.dump({"width": render.SIZE, "height": render.SIZE, "num_frames": render.FRAMES, "fps": 12,
                   "num_inference_steps": 30}, f, indent=2)
        f.write("\n")
    HunyuanVideo15Pipeline.from_pretrained(target, torch_dtype=torch.float32)
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(target) for f in files)
