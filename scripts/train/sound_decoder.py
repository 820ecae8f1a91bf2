"""Latents to pixels: the video decoder of the model with sound, set to the linear reconstruction and then trained on crops.

The encoder is not trained: only image-to-video would use it.
"""
import os
import random

import torch

import loop
import render
import sound_latents
import sound_models
import sound_world
from muon import Optimizer

CONSTANT = 40.0  # what the constant channels hold: large beside the signals, so that the norms hardly move
CROP = 64
NOISE = 0.12  # on the latents, whose own deviation is 1: the generator's are not exact


def parts_of(m, size, time_factor):
    """A map to blocks [t, size, size, 3, n] as one of each of its halves in time, height, width: [8, values, n]."""
    t, h = m.shape[0] // time_factor, size // 2
    m = m.reshape(time_factor, t, 2, h, 2, h, 3, -1).permute(0, 2, 4, 1, 3, 5, 6, 7)
    return m.reshape(time_factor * 4, t * h * h * 3, -1)


def start_from_linear(vae, space):
    """Sets the decoder to the linear reconstruction, with the residual branches silent.

    Each upsampling convolution maps the coefficients of a block to those of its eight parts in a basis of their own (the
    principal directions of all parts). Norm and SiLU at the end become linear through pairs of opposite sign, silu(u) −
    silu(−u) = u, and constant channels that fix the norm.
    """
    d = vae.decoder
    back = torch.linalg.pinv(space["projection"]).T.reshape(4, 16, 16, 3, -1)
    weighted = back * space["std"]

    def basis(signals, n):
        return torch.linalg.svd(torch.cat(list(signals), 1), full_matrices=False)[0][:, :n]

    with torch.no_grad():
        for name, p in d.named_parameters():
            if name.endswith("bias") or name.endswith("conv2.conv.weight"):
                p.zero_()
            elif name.endswith("conv1.conv.weight"):
                torch.nn.init.orthogonal_(p.view(p.shape[0], -1), 1.4)
        for r in d.up_blocks[1].resnets:  # or the constant channels would drown the signals in the second norm
            r.conv1.conv.weight[:, 44:] = 0
        up = [b.upsamplers[0].conv.conv for b in d.up_blocks]
        for conv in (d.conv_in.conv, d.conv_out.conv, *up):
            conv.weight.zero_()
        centre = (2, 1, 1)
        d.conv_in.conv.weight[(..., *centre)] = torch.eye(48)
        v1 = basis(parts_of(weighted, 16, 2), 48)
        first = torch.stack([v1.T @ p for p in parts_of(back, 16, 2)], 1)
        up[0].weight[(..., *centre)] = first.reshape(-1, 48)
        coarse = v1.reshape(2, 8, 8, 3, -1)
        strength = torch.stack([v1.T @ p for p in parts_of(weighted, 16, 2)]).square().sum((0, 2)).sqrt()
        v2 = basis(parts_of(coarse * strength, 8, 2), 22)
        second = torch.stack([v2.T @ p for p in parts_of(coarse, 8, 2)], 1)
        second = torch.cat([second, -second, torch.zeros(4, *second.shape[1:])])
        up[1].weight[(..., *centre)] = second.reshape(-1, 48)
        up[1].bias.view(48, 8)[44:] = CONSTANT
        rms = CONSTANT * (4 / 48) ** 0.5
        out = torch.cat([v2, -v2, torch.zeros(48, 4)], 1) * rms
        # Pixels of a cell are (y, x, colour) here, (colour, x, y) in the class.
        d.conv_out.conv.weight[(..., *centre)] = out.view(4, 4, 3, 48).permute(2, 1, 0, 3).reshape(48, 48)
    return vae


def build(space, seed=11):
    from diffusers import AutoencoderKLLTX2Video
    torch.manual_seed(seed)
    return start_from_linear(AutoencoderKLLTX2Video(**sound_models.VAE), space)


def decode(vae, z):
    """Pixels [B, T, H, W, 3] in about −1…1 of latents [B, t, h, w, 48]."""
    return vae.decoder(z.permute(0, 4, 1, 2, 3)).permute(0, 2, 3, 4, 1)


@torch.no_grad()
def psnr(vae, space, clips=6):
    """Mean PSNR in dB over held-out clips from their exact latents."""
    rng, out = random.Random(99), []
    for _ in range(clips):
        x = torch.from_numpy(render.render(sound_world.sample_scene(rng, train=False)))[None] * 2 - 1
        y = decode(vae, sound_latents.encode(space, x)).clamp(-1, 1)
        out.append(-10 * torch.log10(((y - x) / 2).square().mean()).item())
    return sum(out) / len(out)


def crop(rng, space):
    """Latents and pixels of nine frames of a random square of blocks where something happens, from a training scene."""
    scene = sound_world.sample_scene(rng)
    first = 4 * rng.randrange(5)
    frames = range(first, first + 9)
    (_, _, path), = render.layout(scene)
    middle = path[first + 4, :2] * render.SIZE - CROP / 2
    x0, y0 = (int(min(max(0, round(m / 16) + rng.choice((-1, 0, 0, 1))), (render.SIZE - CROP) // 16)) * 16 for m in middle)
    x = torch.from_numpy(render.render(scene, frames, (x0, y0, CROP, CROP)))[None] * 2 - 1
    return sound_latents.encode(space, x), x


def train(folder, course, batch_size=2, seed=5):
    """Trains the decoder from the last checkpoint in `folder` if there is one."""
    space = torch.load(os.path.join(folder, "space.pt"))
    vae = build(space)
    for p in vae.encoder.parameters():
        p.requires_grad_(False)
    opt = Optimizer(vae.decoder.named_parameters(), lambda name, p: p.ndim == 5 and "resnets" in name, 0.006, 5e-4)
    run = loop.Run(os.path.join(folder, "decoder.pt"), vae.decoder, opt, course, seed, keep=0.995)
    print(f"decoder step {run.step}: {psnr(vae, space):.2f} dB", flush=True)
    vae.decoder.to(memory_format=torch.channels_last_3d)
    while run.going():
        rng, gen = random.Random(run.key()), torch.Generator().manual_seed(run.key())
        pairs = [crop(rng, space) for _ in range(batch_size)]
        z, x = torch.cat([p[0] for p in pairs]), torch.cat([p[1] for p in pairs])
        z = z + NOISE * rng.random() * torch.randn(z.shape, generator=gen)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = decode(vae, z)
        error = y.float() - x
        square = error.square().mean()
        run.update(error.abs().mean() + 2 * square, dB=-10 * torch.log10(square / 4))


def finished(folder):
    """The autoencoder with the trained decoder, or with the linear one if none was trained."""
    vae, path = build(torch.load(os.path.join(folder, "space.pt"))), os.path.join(folder, "decoder.pt")
    if os.path.exists(path):
        vae.decoder.load_state_dict(torch.load(path)["ema"]["shadow"])
    return vae.eval()
