"""Trains decoder and encoder, each for itself, on crops of clips that are rendered as they are needed."""
import os
import random
import time

import numpy as np
import torch

import latents
import render
import vae as vae_module
from machine import Threads
from muon import Ema, Optimizer, schedule

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


class Run:
    """Training of one half ("decoder" or "encoder"): the model, optimiser and running mean, the checkpoint, the log."""

    def __init__(self, folder, half, seed, threads, keep=0.995):
        torch.manual_seed(seed)
        self.path, self.half, self.seed, self.team = os.path.join(folder, half + ".pt"), half, seed, Threads(threads)
        self.projection = torch.load(os.path.join(folder, "projection.pt"))
        self.model = vae_module.Vae()
        self.part = getattr(self.model, half)
        if half == "decoder":
            vae_module.start_from_linear(self.part, self.projection["blocks"])
        else:
            x = batch(random.Random(seed), 200, 1)[0]
            vae_module.start_encoder_from_linear(self.part, x, latents.encode(self.projection, x))
        self.opt = optimizer(self.part)
        self.ema, self.step, self.mean = Ema(self.part, keep), 0, None
        if os.path.exists(self.path):
            s = torch.load(self.path)
            self.part.load_state_dict(s["model"])
            self.opt.load_state_dict(s["opt"])
            self.ema.load_state_dict(s["ema"])
            self.step = s["step"]
        self.plain = vae_module._norm_silu
        vae_module.compile_kernels()
        self.compiled, self.shadow = vae_module._norm_silu, vae_module.Vae()
        self.begin, self.last, self.began = self.step, time.time(), time.time()

    def batch(self, n, frames=CROP_FRAMES):
        """The step's crops and its random generator; both depend on the seed and the step only."""
        self.team.adapt()
        key = self.seed * 1000003 + self.step
        return *batch(random.Random(key), n, frames), torch.Generator().manual_seed(key)

    def update(self, loss, shown, factor):
        loss.backward()
        self.opt.step(factor)
        self.ema.update(self.part)
        self.step += 1
        self.mean = shown.item() if self.mean is None else 0.98 * self.mean + 0.02 * shown.item()
        if self.step % 25 == 0:
            cpu = time.process_time() / (self.step - self.begin)
            print(f"{self.half} step {self.step} loss {loss.item():.4f} mean {self.mean:.4f} "
                  f"{(time.time() - self.last) / 25:.2f} s/step {self.team.now} threads, {cpu:.2f} cpu s/step", flush=True)
            self.last = time.time()

    def evaluate(self, other=None):
        """Prints the PSNR with the running mean (and, for the encoder, the given decoder)."""
        vae_module._norm_silu = self.plain
        getattr(self.shadow, self.half).load_state_dict(self.ema.shadow)
        if other:
            self.shadow.decoder.load_state_dict(other)
        clips, firsts = psnr(self.shadow, self.projection, self.half == "encoder")
        print(f"{self.half} step {self.step} psnr {clips:.2f} dB, first frames {firsts:.2f} dB", flush=True)
        vae_module._norm_silu = self.compiled
        self.last = time.time()

    def save(self):
        torch.save({"model": self.part.state_dict(), "opt": self.opt.state_dict(), "ema": self.ema.state_dict(),
                    "step": self.step}, self.path + ".new")
        os.replace(self.path + ".new", self.path)
        self.last = time.time()

    def elapsed(self, minutes):
        return (time.time() - self.began) / (60 * minutes) if minutes else 0.0

    def going(self, steps, minutes):
        return self.step < steps and (minutes is None or time.time() - self.began < 60 * minutes)


def train_decoder(folder, steps, batch_size=4, seed=4, minutes=None, threads=2, noise=0.1):
    """Latents, with up to `noise` of noise on them, to pixels; continues from the last checkpoint if there is one."""
    run = Run(folder, "decoder", seed, threads)
    while run.going(steps, minutes):
        x, near, gen = run.batch(batch_size)
        z = latents.encode(run.projection, x)
        level = noise * torch.rand(len(z), 1, 1, 1, 1, generator=gen).square()
        z = z + level * torch.randn(z.shape, generator=gen)
        run.update(*reconstruction(run.model, z, x, near), schedule(run.step, steps, elapsed=run.elapsed(minutes)))
        if run.step % 250 == 0:
            run.evaluate()
            run.save()
    run.evaluate()
    run.save()


def train_encoder(folder, steps, stills=32, clips=2, seed=5, minutes=None, threads=2):
    """Pixels to latents, and to a log-variance that is the same everywhere.

    Image-to-video encodes single pictures, which start well, so that every second step sees those and keeps them so; the
    others see whole clips. An error counts against the spread of its channel, as the small channels hold the edges, and by
    its logarithm, so that clips, which start badly, do not drown the pictures.
    """
    run = Run(folder, "encoder", seed, threads)
    decoder = torch.load(os.path.join(folder, "decoder.pt"))["ema"]["shadow"]
    spread = latents.encode(run.projection, batch(random.Random(seed), 64)[0]).flatten(0, 3).std(0)
    while run.going(steps, minutes):
        x, _, _ = run.batch(clips) if run.step % 2 else run.batch(stills, 1)
        z = latents.encode(run.projection, x)
        moments = run.model.encoder(x.bfloat16()).float()
        mean, logvar = moments.chunk(2, -1)
        error = ((mean - z) / spread).square().mean()
        width = (logvar - 2 * np.log(vae_module.POSTERIOR_STD)).square().mean()
        run.update(error.log() + 0.01 * width, error, schedule(run.step, steps, elapsed=run.elapsed(minutes)))
        if run.step % 200 == 0:
            run.evaluate(decoder)
            run.save()
    run.evaluate(decoder)
    run.save()


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
