#!/usr/bin/env python3
"""Trains the small model that ships with the program, stage after stage, and writes it as two diffusers pipelines.

Every stage continues from its last checkpoint under --work, so the command may be stopped and given again at any time.
  tokenizer    the vocabulary, from the template and generated captions
  latents      the latent space (principal components) and rendered clips in it
  decoder      latents to pixels, on crops of rendered clips
  encoder      pixels to latents; decoder, encoder and transformer may run at the same time
  transformer  the generator with its text encoder, on the latents; half of the samples with their first frame as a picture
  export       the folders of the text-to-video pipeline, in bfloat16, and of its image-to-video twin, which links to it
  sheet        the contact sheets: ten prompts, and a picture with six of them
Needs torch, diffusers, transformers and pillow; a few hours on two cores.
"""
import argparse
import json
import os

import torch
import torch._dynamo

import export
import latents
import text
import train_transformer
import train_vae

HERE = os.path.dirname(os.path.abspath(__file__))
STAGES = ("tokenizer", "latents", "decoder", "encoder", "transformer", "export", "sheet")
SHEET = (
    "a red circle moves right over a dark blue background", "a yellow star spins over a dark green background",
    "a large blue square moves up over a white background", "a pink circle grows over a black background",
    "three small white circles stay still over a light blue background",
    "a green triangle moves down and to the right over a black background",
    "an orange square moves left at the top and a blue circle moves right at the bottom over a white background",
    "a purple star moves left quickly over a light blue background", "a small orange triangle moves down on the left over a gray background",
    "a red star on the left grows and a white square on the right spins over a dark blue background",
)


MOTIONS = ("right", "left", "up", "down right", "grow", "spin")  # what is asked of one and the same picture


def twin_of(folder):
    """The image-to-video folder beside a text-to-video one."""
    return os.path.normpath(folder) + "-i2v"


def strips(labelled, path, columns=6):
    """Writes a picture with a row of frames under each label; `labelled`: pairs of a text and a video [F, H, W, 3]."""
    import numpy as np
    from PIL import Image, ImageDraw
    rows = []
    for text_line, v in labelled:
        frames = [v[round(i * (len(v) - 1) / (columns - 1))] for i in range(columns)]
        strip = np.concatenate([np.pad(f, ((2, 2), (2, 2), (0, 0)), constant_values=1) for f in frames], 1)
        label = Image.new("RGB", (strip.shape[1], 15), "white")
        ImageDraw.Draw(label).text((4, 2), text_line, fill="black")
        rows += [np.asarray(label), (strip * 255 + 0.5).astype(np.uint8)]
    sheet = Image.fromarray(np.concatenate(rows))
    # Flat colours: a third of the bytes. Without k-means rare colours would be merged into others.
    sheet.quantize(256, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True)


def contact_sheet(model, threads=2):
    from shipped import Shipped
    torch.set_num_threads(threads)
    strips(zip(SHEET, Shipped(model).videos(SHEET)), os.path.join(model, "contact-sheet.png"))


def picture_sheet(model, threads=2):
    """Draws the example picture, an orange star in the middle, and what becomes of it with a prompt for each of MOTIONS."""
    import render
    from adherence import as_image, picture_of
    from shipped import Shipped
    torch.set_num_threads(threads)
    scenes = [render.Scene("dark blue", [render.Thing("star", "orange", motion=m)]) for m in MOTIONS]
    picture = picture_of(render.Scene("dark blue", [render.Thing("star", "orange")]))
    as_image(picture).save(os.path.join(model, "picture.png"), optimize=True)
    texts = [render.caption(s, plain=True) for s in scenes]
    strips(zip(texts, Shipped(model).videos(texts, pictures=[picture] * len(texts))), os.path.join(model, "contact-sheet.png"))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("stages", nargs="*", metavar="STAGE", help="default: all in order")
    p.add_argument("--work", default=os.path.join(HERE, "..", "..", "build", "train"), help="checkpoints and latents")
    p.add_argument("--out", default=os.path.join(HERE, "..", "..", "configs", "models", "shapes"))
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--no-compile", action="store_true", help="start at once, with slower steps")
    p.add_argument("--minutes", type=float, help="stop each training stage after this time (it can be continued)")
    p.add_argument("--decoder-steps", type=int, default=6000)
    p.add_argument("--encoder-steps", type=int, default=2000)
    p.add_argument("--clips", type=int, default=8000)
    p.add_argument("--transformer-steps", type=int, default=8000)
    p.add_argument("--decay-from", type=float, default=0.6, help="part of the transformer's run at its full learning rate")
    p.add_argument("--batch-size", type=int, default=16, help="of the transformer")
    p.add_argument("--guidance-scale", type=float, default=4.0, help="written into the model")
    p.add_argument("--shift", type=float, default=5.0, help="written into the model")
    a = p.parse_args()
    unknown = set(a.stages) - set(STAGES)
    if unknown:
        p.error(f"unknown stage {', '.join(sorted(unknown))}: choose from {', '.join(STAGES)}")
    os.makedirs(a.work, exist_ok=True)
    if a.no_compile:
        torch._dynamo.config.disable = True
    common = {"minutes": a.minutes, "threads": a.threads}

    def tokenizer():
        text.check_tokenizer(text.build_tokenizer(os.path.join(a.work, "tokenizer")))

    def latent_space():
        path = os.path.join(a.work, "projection.pt")
        if not os.path.exists(path):
            torch.save(latents.fit(), path)
        print(f"linear reconstruction: {latents.linear_psnr(torch.load(path)):.2f} dB")
        train_transformer.make_latents(a.work, a.clips)

    def transformer():
        from transformers import Qwen2Tokenizer
        tok = Qwen2Tokenizer.from_pretrained(os.path.join(a.work, "tokenizer"))
        train_transformer.train(a.work, tok, a.transformer_steps, a.batch_size,
                                decay_from=a.decay_from, **common)

    def write():
        with open(os.path.join(a.work, "settings.json"), "w", encoding="utf-8") as f:
            json.dump({"guidance_scale": a.guidance_scale, "shift": a.shift}, f)
        out, twin = os.path.normpath(a.out), twin_of(a.out)
        print(f"{out}: {export.save(a.work, out) / 2**20:.1f} MiB, {twin}: {export.save_twin(out, twin) / 2**10:.0f} KiB")

    def sheet():
        contact_sheet(a.out, threads=a.threads)
        picture_sheet(twin_of(a.out), threads=a.threads)

    torch.set_num_threads(1)  # the training stages raise this while the machine is idle
    todo = {
        "tokenizer": tokenizer,
        "latents": latent_space,
        "decoder": lambda: train_vae.train_decoder(a.work, a.decoder_steps, **common),
        "encoder": lambda: train_vae.train_encoder(a.work, a.encoder_steps, **common),
        "transformer": transformer,
        "export": write,
        "sheet": sheet,
    }
    for stage in a.stages or STAGES:
        print(f"== {stage}", flush=True)
        todo[stage]()


if __name__ == "__main__":
    main()
