#!/usr/bin/env python3
"""Trains the small model that ships with the program, stage after stage, and writes it as two diffusers pipelines.

Every stage continues from its last checkpoint under --work, so the command may be stopped and given again at any time.
  tokenizer    the vocabulary, from the template and generated captions
  latents      the latent space (principal components)
  decoder      latents to pixels, on crops of rendered clips
  encoder      pixels to latents; decoder, encoder and transformer may run at the same time
  transformer  the generator with its text encoder, on latents of rendered clips; part of them with their first frame as a picture
  export       the folders of the text-to-video pipeline, in bfloat16, and of its image-to-video twin, which links to it
  sheet        the contact sheets: ten prompts, and a picture with six of them
Under `torchrun --nproc-per-node N` N processes train together (with --threads 1 on N cores).
Needs torch, diffusers, transformers and pillow; half a day on two cores.
"""
import functools
import json
import os

import torch

import export
import latents
import loop
import sheet
import stages
import text
import train_transformer
import train_vae

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
    sheet.write(((text_line, sheet.frames_of(v, columns)) for text_line, v in labelled), path)


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
    p = stages.parser(__doc__, "train", "shapes")
    p.add_argument("--decoder-steps", type=int, default=6000)
    p.add_argument("--encoder-steps", type=int, default=2000)
    p.add_argument("--transformer-steps", type=int, default=8000)
    p.add_argument("--decay-from", type=float, default=0.6, help="part of the transformer's run at its full learning rate")
    # Stronger guidance gives circles corners and takes spinning stars apart.
    p.add_argument("--guidance-scale", type=float, default=2.0, help="written into the model")
    p.add_argument("--guidance-stop", type=float, default=1.0, help="part of the steps that is guided; written into the model")
    p.add_argument("--shift", type=float, default=5.0, help="written into the model")
    a = stages.parse(p, STAGES)
    course = functools.partial(loop.Course, minutes=a.minutes, threads=a.threads)

    def tokenizer():
        text.check_tokenizer(text.build_tokenizer(os.path.join(a.work, "tokenizer")))

    def latent_space():
        path = os.path.join(a.work, "projection.pt")
        if not os.path.exists(path):
            torch.save(latents.fit(), path)
        print(f"linear reconstruction: {latents.linear_psnr(torch.load(path)):.2f} dB")

    def transformer():
        from transformers import Qwen2Tokenizer
        tok = Qwen2Tokenizer.from_pretrained(os.path.join(a.work, "tokenizer"))
        train_transformer.train(a.work, tok, course(a.transformer_steps, decay_from=a.decay_from), a.batch_size)

    def write():
        with open(os.path.join(a.work, "settings.json"), "w", encoding="utf-8") as f:
            json.dump({"guidance_scale": a.guidance_scale, "guidance_stop": a.guidance_stop, "shift": a.shift}, f)
        out, twin = os.path.normpath(a.out), twin_of(a.out)
        print(f"{out}: {export.save(a.work, out) / 2**20:.1f} MiB, {twin}: {export.save_twin(out, twin) / 2**10:.0f} KiB")

    def sheets():
        contact_sheet(a.out, threads=a.threads)
        picture_sheet(twin_of(a.out), threads=a.threads)

    stages.run({
        "tokenizer": tokenizer,
        "latents": latent_space,
        "decoder": lambda: train_vae.train_decoder(a.work, course(a.decoder_steps)),
        "encoder": lambda: train_vae.train_encoder(a.work, course(a.encoder_steps)),
        "transformer": transformer,
        "export": write,
        "sheet": sheets,
    }, a.stages)


if __name__ == "__main__":
    main()
