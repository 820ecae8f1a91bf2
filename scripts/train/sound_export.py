"""Writes the trained parts of the model with sound as a diffusers pipeline in bfloat16, and reads such a folder back."""
import json
import math
import os
import shutil

import torch

import render
import sound_decoder
import sound_models
import sound_transformer
import sound_world

SETTINGS = {
    "task": "text to video",  # the encoder is not trained
    "width": render.SIZE, "height": render.SIZE, "num_frames": render.FRAMES, "fps": sound_world.FPS,
    "num_inference_steps": 30, "guidance_scale": 2.0, "audio_guidance_scale": 2.0, "guidance_rescale": 0.0,
    "audio_guidance_rescale": 0.0, "modality_scale": 1.0, "audio_modality_scale": 1.0, "stg_scale": 0.0,
    "audio_stg_scale": 0.0, "max_sequence_length": sound_models.TEXT_LENGTH,
}


def pipeline_arguments(settings):
    """The settings of kinema.json as diffusers' pipeline calls them."""
    renamed = {"fps": "frame_rate"}
    return {renamed.get(k, k): float(v) if k == "fps" else v for k, v in settings.items() if k != "task"}


def scheduler():
    """Noise levels with the constant shift that the transformer was trained for."""
    from diffusers import FlowMatchEulerDiscreteScheduler
    shift = math.log(sound_transformer.SHIFT)
    return FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, base_shift=shift, max_shift=shift,
                                           base_image_seq_len=1024, max_image_seq_len=4096)


def pipeline_from(folder):
    """The pipeline of diffusers' own classes, in float32, from the checkpoints in `folder`."""
    from diffusers import LTX2Pipeline
    from transformers import GemmaTokenizer
    tok = GemmaTokenizer.from_pretrained(os.path.join(folder, "tokenizer"))
    model = sound_transformer.Generator()
    model.load_state_dict(torch.load(os.path.join(folder, "transformer.pt"))["ema"]["shadow"])
    return LTX2Pipeline(
        scheduler=scheduler(), vae=sound_decoder.finished(folder), audio_vae=sound_models.audio_vae(),
        text_encoder=sound_models.text_encoder(len(tok)), tokenizer=tok, connectors=model.connectors,
        transformer=model.transformer, vocoder=sound_models.vocoder())


def save(folder, target):
    """Saves the pipeline under `target`, weights in bfloat16, and loads it again; returns the size in bytes."""
    from diffusers import LTX2Pipeline
    pipe = pipeline_from(folder)
    for name in ("transformer", "connectors", "vae", "audio_vae", "text_encoder", "vocoder"):
        getattr(pipe, name).to(torch.bfloat16)
    for name in os.listdir(target) if os.path.isdir(target) else ():
        if os.path.isdir(os.path.join(target, name)):
            shutil.rmtree(os.path.join(target, name))
    pipe.save_pretrained(target)
    with open(os.path.join(target, "kinema.json"), "w", encoding="utf-8") as f:  # what diffusers has no place for
        json.dump(SETTINGS, f, indent=2)
        f.write("\n")
    LTX2Pipeline.from_pretrained(target, torch_dtype=torch.float32)
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(target) for f in files)


class Shipped:
    """The model in `folder` in float32, making many videos at once."""

    def __init__(self, folder):
        from diffusers import LTX2Pipeline
        self.pipe = LTX2Pipeline.from_pretrained(folder, torch_dtype=torch.float32)
        with open(os.path.join(folder, "kinema.json"), encoding="utf-8") as f:
            self.settings = json.load(f)
        self.model = sound_transformer.Generator(self.pipe.connectors, self.pipe.transformer).eval()
        sound_transformer.write_out(self.model)

    @torch.no_grad()
    def clips(self, prompts, steps=None, guidance=None, audio_guidance=None, seed=0):
        """(frames [F, H, W, 3] in 0…1, sound [2, samples]) for each prompt, all from the same noise."""
        s = self.settings
        for i in range(0, len(prompts), 10):
            z, tokens = sound_transformer.sample(
                self.model, self.pipe.text_encoder, self.pipe.tokenizer, prompts[i:i + 10], steps or s["num_inference_steps"],
                s["guidance_scale"] if guidance is None else guidance,
                s["audio_guidance_scale"] if audio_guidance is None else audio_guidance, seed)
            audio = self.pipe.audio_vae
            tokens = tokens * audio.latents_std + audio.latents_mean
            waves = self.pipe.vocoder(audio.decoder(tokens.unflatten(2, (2, 8)).transpose(1, 2)))
            for one, wave in zip(z, waves):
                video = sound_decoder.decode(self.pipe.vae, one[None])[0]
                yield (video / 2 + 0.5).clamp(0, 1).numpy(), wave.numpy()
