"""Reads a shipped model folder back into the training classes and makes many videos at once with them.

diffusers pads every prompt to 1,985 condition tokens; this path gives the same frames several times faster.
"""
import json
import os

import torch
from safetensors.torch import load_file

import train_transformer
import vae as vae_module


class Shipped:
    """The model in `folder` (float32), with the settings it was shipped with."""

    def __init__(self, folder):
        from transformers import Qwen2Tokenizer

        def config(part, name="config.json"):
            with open(os.path.join(folder, part, name), encoding="utf-8") as f:
                return json.load(f)

        def weights(part, name):
            return {k: v.float() for k, v in load_file(os.path.join(folder, part, name)).items()}

        self.tok = Qwen2Tokenizer.from_pretrained(os.path.join(folder, "tokenizer"))
        self.model = train_transformer.Generator(len(self.tok)).eval()
        t = weights("transformer", "diffusion_pytorch_model.safetensors")
        t["x_embedder.weight"] = t.pop("x_embedder.proj.weight").flatten(1)
        t["x_embedder.bias"] = t.pop("x_embedder.proj.bias")
        own = self.model.transformer.state_dict()
        self.model.transformer.load_state_dict({k: v for k, v in t.items() if k in own})
        self.model.text.load_state_dict(weights("text_encoder", "model.safetensors"))
        self.vae = vae_module.Vae().eval()
        self.vae.load_state_dict(weights("vae", "diffusion_pytorch_model.safetensors"))
        self.scale = config("vae")["scaling_factor"]
        self.shift = config("scheduler", "scheduler_config.json")["shift"]
        guider = config("guider", "guider_config.json")
        self.guidance, self.stop = guider["guidance_scale"], guider["stop"]
        self.texts = train_transformer.Texts(self.tok)

    @torch.no_grad()
    def latents_of(self, pictures):
        """Scaled latents [N, h, w, C] of pictures [H, W, 3] in 0…1, as the image-to-video pipeline gives them."""
        x = torch.stack([torch.as_tensor(p) for p in pictures])[:, None] * 2 - 1
        return self.vae.encoder(x)[:, 0, ..., :self.vae.latent_channels] * self.scale

    @torch.no_grad()
    def videos(self, prompts, steps=30, guidance=None, seed=0, pictures=None):
        """float32 [F, H, W, 3] in 0…1 for each prompt, and its first picture if any, all from the same noise."""
        for i in range(0, len(prompts), 10):
            first = None if pictures is None else self.latents_of(pictures[i:i + 10])
            z = train_transformer.sample(self.model, self.texts, prompts[i:i + 10], steps,
                                         self.guidance if guidance is None else guidance, self.shift, seed, first=first,
                                         stop=self.stop)
            for one in z:
                v = self.vae.decoder((one[None] / self.scale).contiguous())[0]
                yield (v / 2 + 0.5).clamp(0, 1).numpy()
