"""The latent space of the model with sound, fixed before anything is trained.

A video latent holds the scaled principal components of 16×16 pixels and four frames; the first one stands for one frame,
which its block repeats. A sound's latent is the spectrogram itself: four of its frames, and four bins to a note, are alike.
"""
import os
import pickle
import random
import time

import numpy as np
import torch

import latents
import render
import sound_world

CHANNELS = 48
BLOCK = 16
CHUNK = 1000
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


def make(folder, clips, seed=2):
    """Renders and encodes `clips` clips in chunks of 1000; existing chunks are kept."""
    os.makedirs(os.path.join(folder, "latents"), exist_ok=True)
    space = torch.load(os.path.join(folder, "space.pt"))
    for chunk in range(clips // CHUNK):
        path = os.path.join(folder, "latents", f"{chunk:04d}.pt")
        if os.path.exists(path):
            continue
        rng, began = random.Random(seed * 1000003 + chunk), time.time()
        scenes = [sound_world.sample_scene(rng) for _ in range(CHUNK)]
        video = torch.cat([encode(space, torch.from_numpy(render.render(s))[None] * 2 - 1).half() for s in scenes])
        audio = torch.stack([sound_tokens(s) for s in scenes])
        torch.save({"video": video, "audio": audio, "scenes": pickle.dumps(scenes)}, path + ".new")
        os.replace(path + ".new", path)
        print(f"latents chunk {chunk + 1} of {clips // CHUNK} {time.time() - began:.0f} s", flush=True)


def load(folder):
    """All video latents [N, 252, 48] (half, in tokens), audio latents [N, 26, 16] and scenes."""
    names = sorted(n for n in os.listdir(os.path.join(folder, "latents")) if n.endswith(".pt"))
    parts = [torch.load(os.path.join(folder, "latents", n)) for n in names]
    scenes = [s for p in parts for s in pickle.loads(p["scenes"])]
    return torch.cat([p["video"] for p in parts]).flatten(1, 3), torch.cat([p["audio"] for p in parts]), scenes
