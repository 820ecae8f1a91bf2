"""Writes the trained parts as two diffusers pipelines in bfloat16: text-to-video, and its image-to-video twin.

The twin is made of links into the first folder; its own are a vision tower and the files that name the task.
"""
import json
import os
import shutil

import torch

import render
import text as text_module
import train_vae
import transformer as transformer_module
import vae as vae_module

SETTINGS = "kinema.json"


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
        guider=ClassifierFreeGuidance(guidance_scale=settings["guidance_scale"], stop=settings["guidance_stop"]))


def vision_tower():
    """A SigLIP of one token with random weights: the transformer's image projection ends in zeros, so that the token only
    says that there is a picture. What is in it comes through its latents."""
    from transformers import SiglipImageProcessor, SiglipVisionConfig, SiglipVisionModel
    torch.manual_seed(6)
    size = 8
    model = SiglipVisionModel(SiglipVisionConfig(
        hidden_size=transformer_module.CONFIG["image_embed_dim"], intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, image_size=size, patch_size=size, vision_use_head=False))
    return model, SiglipImageProcessor(size={"height": size, "width": size}, image_mean=[0.5] * 3, image_std=[0.5] * 3)


def sizes(folder):
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(folder) for f in files
               if not os.path.islink(os.path.join(d, f)))


def empty(target):
    """Makes the folder, or removes what is in its subfolders; the files beside them are written by hand."""
    os.makedirs(target, exist_ok=True)
    for name in os.listdir(target):
        path = os.path.join(target, name)
        if os.path.islink(path):
            os.remove(path)
        elif os.path.isdir(path):
            shutil.rmtree(path)


def save(folder, target):
    """Saves the text-to-video pipeline under `target`, weights in bfloat16, and loads it again; returns its size in bytes."""
    from diffusers import HunyuanVideo15Pipeline
    pipe = pipeline_from(folder)
    for name in ("transformer", "vae", "text_encoder", "text_encoder_2"):
        bf16(getattr(pipe, name))
    empty(target)
    pipe.save_pretrained(target)
    with open(os.path.join(target, SETTINGS), "w", encoding="utf-8") as f:  # what diffusers has no place for
        json.dump({"width": render.SIZE, "height": render.SIZE, "num_frames": render.FRAMES, "fps": 12,
                   "num_inference_steps": 30}, f, indent=2)
        f.write("\n")
    HunyuanVideo15Pipeline.from_pretrained(target, torch_dtype=torch.float32)
    return sizes(target)


def save_twin(base, target):
    """Saves the image-to-video pipeline under `target` with links to everything it shares with the one under `base`."""
    from diffusers import HunyuanVideo15ImageToVideoPipeline
    up = os.path.relpath(base, target)
    empty(target)
    tower, processor = vision_tower()
    bf16(tower).save_pretrained(os.path.join(target, "image_encoder"))
    processor.save_pretrained(os.path.join(target, "feature_extractor"))
    for name in sorted(os.listdir(base)):
        if os.path.isdir(os.path.join(base, name)) and name != "transformer":
            os.symlink(os.path.join(up, name), os.path.join(target, name))
    for name in (SETTINGS, "LICENSE"):
        if os.path.lexists(os.path.join(target, name)):
            os.remove(os.path.join(target, name))
        os.symlink(os.path.join(up, name), os.path.join(target, name))
    os.makedirs(os.path.join(target, "transformer"))
    for name in os.listdir(os.path.join(base, "transformer")):
        if name != "config.json":
            os.symlink(os.path.join("..", up, "transformer", name), os.path.join(target, "transformer", name))

    def rewrite(name, change):
        with open(os.path.join(base, name), encoding="utf-8") as f:
            content = json.load(f)
        change(content)
        with open(os.path.join(target, name), "w", encoding="utf-8") as f:
            json.dump(content, f, indent=2, sort_keys=True)
            f.write("\n")

    rewrite(os.path.join("transformer", "config.json"), lambda c: c.update(task_type="i2v"))
    rewrite("model_index.json", lambda c: c.update(
        _class_name="HunyuanVideo15ImageToVideoPipeline", image_encoder=["transformers", "SiglipVisionModel"],
        feature_extractor=["transformers", "SiglipImageProcessor"]))
    HunyuanVideo15ImageToVideoPipeline.from_pretrained(target, torch_dtype=torch.float32)
    return sizes(target)
