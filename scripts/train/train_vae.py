"""Trains decoder and encoder, each for itself, on crops of clips that are rendered as they are needed."""
import os
import random

import numpy as np
import torch

import latents
import loop
import render
import vae as vae_module
from muon import Optimizer

CROP, CROP_FRAMES = 40, render.FRAMES  # whole clips: short ones teach the decoder to lean on the first frame


def _crop(rng, frames):
    """One crop [T, 40, 40, 3] in −1…1 of so many frames and the mask of its pixels on an object [T, 40, 40, 1]."""
    scene = render.sample_scene(rng)
    things = render.layout(scene)
    ground = None
    if rng.random() < 0.25:  # any colours, so that the palette is not all the autoencoder knows
        things = [(s, tuple(rng.uniform(0, 255) for _ in range(3)), p) for s, _, p in things]
        ground = tuple(rng.uniform(0, 255) for _ in range(3))
    start = rng.randrange(render.FRAMES - frames + 1)
    limit = render.SIZE - CROP
    if rng.random() < 0.1:
        x0, y0 = rng.randrange(limit + 1), rng.randrange(limit + 1)
    else:
        p = rng.choice(things)[2][start + rng.randrange(frames)]
        x0, y0 = (int(min(limit, max(0, v * render.SIZE - CROP / 2 + rng.uniform(-16, 16)))) for v in p[:2])
    v = render.render(scene, range(start, start + frames), (x0, y0, CROP, CROP), things=things, ground=ground)
    corner = v[0, 0, 0] if ground is None else np.array(ground) / 255
    return v * 2 - 1, (np.abs(v - corner).max(-1, keepdims=True) > 0.02)


def batch(rng, n, frames=CROP_FRAMES):
    """Pixels [n, T, 40, 40, 3] and 1 where an object is or nearly is [n, T, 40, 40, 1]."""
    crops = [_crop(rng, frames) for _ in range(n)]
    x = torch.from_numpy(np.stack([c[0] for c in crops]))
    m = torch.from_numpy(np.stack([c[1] for c in crops])).float()
    near = torch.nn.functional.max_pool3d(m.permute(0, 4, 1, 2, 3), (3, 5, 5), 1, (1, 2, 2)).permute(0, 2, 3, 4, 1)
    return x, near


def reconstruction(model, z, x, near):
    """Weighted L1 + L2 + edges of the decoded latents against the pixels, and the L1 part alone."""
    d = model.decoder(z.bfloat16()).float() - x
    w = 0.4 + 1.6 * near
    w[:, 0] *= 2  # the first frame has a path of its own
    edges = sum(torch.diff(d, dim=k).abs().mul(w.narrow(k, 1, w.shape[k] - 1)).mean() for k in (1, 2, 3))
    l1 = (w * d.abs()).mean()
    return l1 + (w * d.square()).mean() + 0.5 * edges, l1


@torch.no_grad()
def psnr(model, projection, encoder, n=6):
    """Mean PSNR in dB of whole held-out clips, and of their first frames, decoded from exact latents or the encoder's."""
    rng, values, firsts = random.Random(99), [], []
    for _ in range(n):
        v = torch.from_numpy(render.render(render.sample_scene(rng, train=False)))[None]
        x = v * 2 - 1
        z = model.encoder(x.bfloat16())[..., :model.latent_channels] if encoder else latents.encode(projection, x).bfloat16()
        y = (model.decoder(z.contiguous()).float() / 2 + 0.5).clamp(0, 1)
        values.append(-10 * torch.log10((y - v).square().mean()).item())
        firsts.append(-10 * torch.log10((y - v)[:, 0].square().mean()).item())
    return float(np.mean(values)), float(np.mean(firsts))


def optimizer(part):
    """Muon for the residual blocks, Adam for the path around them, which starts as a good linear map and is changed gently."""
    return Optimizer(part.named_parameters(), lambda name, p: p.ndim == 5 and "resnets" in name, 0.006, 5e-4)


class Half:
    """The training of one half ("decoder" or "encoder") of the autoencoder."""

    def __init__(self, folder, half, course, seed):
        torch.manual_seed(seed)
        self.half, self.projection, self.model = half, torch.load(os.path.join(folder, "projection.pt")), vae_module.Vae()
        part = getattr(self.model, half)
        if half == "decoder":
            vae_module.start_from_linear(part, self.projection["blocks"])
        else:
            x = batch(random.Random(seed), 200, 1)[0]
            vae_module.start_encoder_from_linear(part, x, latents.encode(self.projection, x))
        self.run = loop.Run(os.path.join(folder, half + ".pt"), part, optimizer(part), course, seed, keep=0.995)
        self.plain = vae_module._norm_silu
        vae_module.compile_kernels()
        self.compiled, self.shadow = vae_module._norm_silu, vae_module.Vae()

    def batch(self, n, frames=CROP_FRAMES):
        """The step's crops and its random generator; both depend on the seed and the step only."""
        return *batch(random.Random(self.run.key()), n, frames), torch.Generator().manual_seed(self.run.key())

    def evaluate(self, other=None):
        """Prints the PSNR with the running mean (and, for the encoder, the given decoder)."""
        vae_module._norm_silu = self.plain
        getattr(self.shadow, self.half).load_state_dict(self.run.ema.shadow)
        if other:
            self.shadow.decoder.load_state_dict(other)
        clips, firsts = psnr(self.shadow, self.projection, self.half == "encoder")
        print(f"{self.half} step {self.run.step} psnr {clips:.2f} dB, first frames {firsts:.2f} dB", flush=True)
        vae_module._norm_silu = self.compiled


def train_decoder(folder, course, batch_size=4, seed=4, noise=0.1):
    """Latents, with up to `noise` of noise on them, to pixels; continues from the last checkpoint if there is one."""
    half = Half(folder, "decoder", course, seed)
    while half.run.going():
        x, near, gen = half.batch(batch_size)
        z = latents.encode(half.projection, x)
        level = noise * torch.rand(len(z), 1, 1, 1, 1, generator=gen).square()
        z = z + level * torch.randn(z.shape, generator=gen)
        loss, l1 = reconstruction(half.model, z, x, near)
        half.run.update(loss, loss=loss, l1=l1)
        if half.run.step % 250 == 0:
            half.evaluate()
    half.evaluate()


def train_encoder(folder, course, stills=32, clips=2, seed=5):
    """Pixels to latents, and to a log-variance that is the same everywhere.

    Image-to-video encodes single pictures, which start well, so that every second step sees those and keeps them so; the
    others see whole clips. An error counts against the spread of its channel, as the small channels hold the edges, and by
    its logarithm, so that clips, which start badly, do not drown the pictures.
    """
    half = Half(folder, "encoder", course, seed)
    decoder = torch.load(os.path.join(folder, "decoder.pt"))["ema"]["shadow"]
    spread = latents.encode(half.projection, batch(random.Random(seed), 64)[0]).flatten(0, 3).std(0)
    while half.run.going():
        x, _, _ = half.batch(clips) if half.run.step % 2 else half.batch(stills, 1)
        z = latents.encode(half.projection, x)
        moments = half.model.encoder(x.bfloat16()).float()
        mean, logvar = moments.chunk(2, -1)
        error = ((mean - z) / spread).square().mean()
        width = (logvar - 2 * np.log(vae_module.POSTERIOR_STD)).square().mean()
        half.run.update(error.log() + 0.01 * width, error=error)
        if half.run.step % 200 == 0:
            half.evaluate(decoder)
    half.evaluate(decoder)


def finished(folder):
    """The state of the whole autoencoder from the running means of both halves; a half never trained keeps its start."""
    torch.manual_seed(1)
    out = vae_module.Vae().state_dict()
    for half in ("encoder", "decoder"):
        path = os.path.join(folder, half + ".pt")
        if os.path.exists(path):
            out.update({f"{half}.{k}": v for k, v in torch.load(path)["ema"]["shadow"].items()})
        else:
            print(f"the {half} was not trained: the model is written with its starting values")
    return out
