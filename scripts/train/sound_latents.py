"""The latent space of the model with sound, fixed before anything is trained.

A video latent holds the scaled principal components of 16×16 pixels and four frames; the first one stands for one frame,
which its block repeats. A sound's latent is the spectrogram itself: four of its frames, and four bins to a note, are alike.
"""
import random

import numpy as np
import torch

import latents
import render
import sound_world

CHANNELS = 48
BLOCK = 16
AUDIO_MEAN, AUDIO_STD = 0.08, 0.25


def blocks_of(x):
    """Pixels [B, 1+4k, H, W, 3] to [B, 1+k, H/16, W/16, 3072]."""
    return latents.blocks_of(x, BLOCK)


def fit(clips=250, seed=9):
    """{"projection": [3072, 48], "std": [48]}: what takes blocks to latents, and the latents' spread.

    A component's spread is brought closer to that of the others (to its power 0.3), so that edges are not drowned by noise
    long before the colours are; the latents' overall standard deviation is 1.
    """
    rng, rows = random.Random(seed), []
    for _ in range(clips):
        v = torch.from_numpy(render.render(sound_world.sample_scene(rng)))[None] * 2 - 1
        v = torch.roll(v, (rng.randrange(BLOCK), rng.randrange(BLOCK)), (2, 3))  # shapes fall anywhere in a block
        z = blocks_of(v).flatten(0, 3)
        spread = z.view(len(z), -1, 3)
        busy = (spread.amax(1) - spread.amin(1)).amax(1) > 0.05
        rows += [z[busy], z[~busy][::8]]
    rows = torch.cat(rows)
    torch.manual_seed(seed)
    _, s, vectors = torch.svd_lowrank(rows, q=CHANNELS + 24, niter=4)
    std, vectors = (s / len(rows) ** 0.5)[:CHANNELS], vectors[:, :CHANNELS]
    vectors = vectors * torch.sign(vectors.sum(0) + 1e-9)
    spread = (std ** 0.3).square().mean().sqrt()
    print("components' spread", [round(x, 2) for x in std.tolist()])
    return {"projection": vectors * std ** -0.7 / spread, "std": std ** 0.3 / spread}


def encode(space, x):
    """Latents [B, 1+k, H/16, W/16, 48] of pixels [B, 1+4k, H, W, 3] in −1…1."""
    return blocks_of(x) @ space["projection"]


def linear_psnr(space, clips=6):
    """PSNR in dB of the best linear reconstruction: what a trained decoder should exceed."""
    rng, back, out = random.Random(99), torch.linalg.pinv(space["projection"]), []
    for _ in range(clips):
        x = torch.from_numpy(render.render(sound_world.sample_scene(rng, train=False)))[None] * 2 - 1
        y = (encode(space, x) @ back).clamp(-1, 1)
        out.append(-10 * torch.log10(((y - blocks_of(x)) / 2).square().mean()).item())
    return float(np.mean(out))


def sound_tokens(scene):
    """Normalised audio latents [26, 16] of a scene (side·8 + note)."""
    return (torch.from_numpy(sound_world.sound(scene)).flatten(1) - AUDIO_MEAN) / AUDIO_STD


def batch(space, size, seed, number):
    """Batch `number` of clips drawn for it: (video latents [B, 252, 48] in tokens, audio latents [B, 26, 16], captions)."""
    rng = random.Random(seed * 1000003 + number)
    scenes = [sound_world.sample_scene(rng) for _ in range(size)]
    video = torch.cat([encode(space, torch.from_numpy(render.render(s))[None] * 2 - 1) for s in scenes])
    captions = ["" if rng.random() < 0.1 else sound_world.caption(s, rng) for s in scenes]
    return video.flatten(1, 3), torch.stack([sound_tokens(s) for s in scenes]), captions
