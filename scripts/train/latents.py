"""The latent space, fixed before anything is trained: scaled principal components of 8×8-pixel, 4-frame blocks.

Each latent frame but the first stands for four frames. The first stands for one frame, and its path through the decoder is
another one (the temporal upsamplers take other channels there); its latents are those that this path turns into the frame,
as far as a linear decoder goes, and a constant in the last channel tells the decoder that they are the first.
With the latents known in closed form, decoder, encoder and transformer can be trained independently of each other, and
clips cost nothing to encode.
"""
import random

import numpy as np
import torch

import render
import vae

CHANNELS = 16
BLOCK, STRIDE_T = 8, 4
FLAG = 4.0


def blocks_of(x, block=BLOCK):
    """Pixels [B, 1+4k, H, W, 3] to [B, 1+k, H/8, W/8, 768], or with blocks of another size."""
    x = torch.cat([x[:, :1].expand(-1, STRIDE_T - 1, -1, -1, -1), x], 1)
    b, t, h, w, _ = x.shape
    x = x.view(b, t // STRIDE_T, STRIDE_T, h // block, block, w // block, block, 3).permute(0, 1, 3, 5, 2, 4, 6, 7)
    return x.reshape(*x.shape[:4], -1)


def fit(clips=600, seed=9):
    """The projections {"blocks": [768, 16], "first": [192, 15]}, scaled so that the latents' overall standard deviation is 1.

    A component's spread is brought closer to that of the others (to its power 0.3), so that edges are not drowned by noise
    long before the colours are.
    """
    rng = random.Random(seed)
    cov, n = torch.zeros(768, 768), 0
    for _ in range(clips):
        v = torch.from_numpy(render.render(render.sample_scene(rng)))[None] * 2 - 1
        dx, dy = rng.randrange(8), rng.randrange(8)  # shapes fall anywhere in a block
        v = torch.roll(v, (dy, dx), (2, 3))
        z = blocks_of(v).flatten(0, 3)
        busy = (z.view(-1, 256, 3).amax(1) - z.view(-1, 256, 3).amin(1)).amax(1) > 0.05
        z = torch.cat([z[busy], z[~busy][::8]])
        cov += z.T @ z
        n += len(z)
    values, vectors = torch.linalg.eigh(cov / n)
    order = values.argsort(descending=True)[:CHANNELS]
    std, vectors = values[order].sqrt(), vectors[:, order]
    vectors = vectors * torch.sign(vectors.sum(0) + 1e-9)
    print("components' spread", [round(s, 2) for s in std.tolist()],
          f"kept {100 * float(values[order].sum() / values.sum()):.1f} % of the energy")
    spread = (std ** 0.3).square().mean().sqrt()
    p = vectors * std ** -0.7 / spread
    decoder = vae.Vae().decoder
    vae.start_from_linear(decoder, p, k=1000.0)
    with torch.no_grad():
        eye = torch.eye(CHANNELS)[:-1, None, None, None]
        paint = decoder(eye).reshape(CHANNELS - 1, -1) - decoder(0 * eye[:1]).reshape(1, -1)
    prior = torch.diag((std[:-1] ** 0.3 / spread) ** -2)  # keeps the first frame's latents as large as the others
    return {"blocks": p, "first": torch.linalg.solve(paint @ paint.T + 0.02 * prior, paint).T}


def encode(projection, x):
    """Latents [B, 1+k, H/8, W/8, 16] of pixels [B, 1+4k, H, W, 3] in −1…1."""
    z = blocks_of(x) @ projection["blocks"]
    b, _, h, w, _ = x.shape
    first = x[:, 0].view(b, h // BLOCK, BLOCK, w // BLOCK, BLOCK, 3).permute(0, 1, 3, 2, 4, 5).flatten(3)
    z[:, 0, ..., :-1] = first @ projection["first"]
    z[:, 0, ..., -1] = FLAG
    return z


def linear_psnr(projection, clips=6):
    """PSNR in dB of the best linear reconstruction: what any decoder should exceed."""
    projection = projection["blocks"]
    rng, back, out = random.Random(99), torch.linalg.pinv(projection), []
    for _ in range(clips):
        x = torch.from_numpy(render.render(render.sample_scene(rng, train=False)))[None] * 2 - 1
        y = (blocks_of(x) @ projection @ back).clamp(-1, 1)
        out.append(-10 * torch.log10(((y - blocks_of(x)) / 2).square().mean()).item())
    return float(np.mean(out))
