#!/usr/bin/env python3
"""Trains the small model with sound that ships with the program, stage after stage, and writes it as a diffusers pipeline.

Every stage continues from its last checkpoint under --work, so the command may be stopped and given again at any time.
  tokenizer    the vocabulary, from generated captions
  latents      the latent space (principal components)
  transformer  the generator and the connectors, on latents of rendered clips; decoder and transformer may run at the same time
  decoder      latents to pixels, on crops of rendered clips
  export       the pipeline folder, in bfloat16
  sheet        the contact sheet of ten prompts with their spectrograms
The audio autoencoder, the vocoder and the text encoder are not trained: see sound_models.py.
Needs torch, diffusers, transformers and pillow; about an hour on one core.
"""
import functools
import os

import torch

import loop
import sheet
import sound_decoder
import sound_export
import sound_latents
import sound_models
import sound_transformer
import stages

STAGES = ("tokenizer", "latents", "transformer", "decoder", "export", "sheet")
SHEET = (
    "a red circle moves right over a dark blue background", "a yellow square moves up over a dark green background",
    "a large blue square moves down over a white background", "a pink circle grows over a black background",
    "a white circle stays still over a light blue background", "a green triangle moves left over a black background",
    "an orange square spins over a dark blue background", "a purple circle shrinks over a light blue background",
    "a small orange triangle moves down over a gray background", "a red triangle spins over a white background",
)


def spectrogram(wave, size):
    """A picture of the notes of both sides (left in blue, right in red) over time."""
    import numpy as np
    from sound_adherence import spectrum
    s = np.clip(spectrum(wave).transpose(1, 2, 0)[:, ::-1] * 2.2, 0, 1)  # [2, notes, tokens]
    picture = np.stack([s[1], np.minimum(s[0], s[1]), s[0]], -1)
    rows = np.linspace(0, picture.shape[0], size[0], endpoint=False).astype(int)
    columns = np.linspace(0, picture.shape[1], size[1], endpoint=False).astype(int)
    return picture[rows][:, columns]


def contact_sheet(model, path, prompts=SHEET, columns=5, threads=1):
    """One row of frames, the sound and its prompt for every prompt."""
    torch.set_num_threads(threads)
    rows = []
    for prompt, (video, wave) in zip(prompts, sound_export.Shipped(model).clips(prompts)):
        picture = spectrogram(wave, (video.shape[1], 2 * video.shape[2]))
        rows.append((prompt, [*sheet.frames_of(video, columns), picture]))
    sheet.write(rows, path)


def main():
    p = stages.parser(__doc__, "train-sound", "shapes-sound")
    p.add_argument("--transformer-steps", type=int, default=6000)
    p.add_argument("--decoder-steps", type=int, default=1500)
    a = stages.parse(p, STAGES)
    course = functools.partial(loop.Course, minutes=a.minutes, threads=a.threads)

    def latent_space():
        path = os.path.join(a.work, "space.pt")
        if not os.path.exists(path):
            torch.save(sound_latents.fit(), path)
        print(f"linear reconstruction: {sound_latents.linear_psnr(torch.load(path)):.2f} dB")

    def transformer():
        from transformers import GemmaTokenizer
        tok = GemmaTokenizer.from_pretrained(os.path.join(a.work, "tokenizer"))
        sound_transformer.train(a.work, tok, course(a.transformer_steps), a.batch_size)

    stages.run({
        "tokenizer": lambda: sound_models.build_tokenizer(os.path.join(a.work, "tokenizer")),
        "latents": latent_space,
        "transformer": transformer,
        "decoder": lambda: sound_decoder.train(a.work, course(a.decoder_steps, warm_up=50, decay_from=0.5)),
        "export": lambda: print(f"{a.out}: {sound_export.save(a.work, a.out) / 2**20:.1f} MiB"),
        "sheet": lambda: contact_sheet(a.out, os.path.join(a.out, "contact-sheet.png"), threads=a.threads),
    }, a.stages)


if __name__ == "__main__":
    main()
