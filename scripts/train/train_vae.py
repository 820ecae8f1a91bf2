"""Trains the autoencoder on short crops of clips that are rendered as they are needed."""
import os
import random
import time

import numpy as np
import torch

import render
import vae as vae_module
from machine import Threads
from muon import Ema, Optimizer, schedule

CROP, CROP_FRAMES = 40, render.FRAMES  # whole clips: short ones teach the decoder to lean on the first frame


def _crop(rng):
    """One crop [25, 40, 40, 3] in −1…1 and the mask of its pixels on an object [25, 40, 40, 1]."""
    scene = render.sample_scene(rng)
    things = render.layout(scene)
    ground = None
    if rng.random() < 0.25:  # any colours, so that the palette is not all the autoencoder knows
        things = [(s, tuple(rng.uniform(0, 255) for _ in range(3)), p) for s, _, p in things]
        ground = tuple(rng.uniform(0, 255) for _ in range(3))
    start = rng.randrange(render.FRAMES - CROP_FRAMES + 1)
    limit = render.SIZE - CROP
    if rng.random() < 0.1:
        x0, y0 = rng.randrange(limit + 1), rng.randrange(limit + 1)
    else:
        p = rng.choice(things)[2][start + rng.randrange(CROP_FRAMES)]
        x0, y0 = (int(min(limit, max(0, v * render.SIZE - CROP / 2 + rng.uniform(-16, 16)))) for v in p[:2])
    v = render.render(scene, range(start, start + CROP_FRAMES), (x0, y0, CROP, CROP), things=things, ground=ground)
    corner = v[0, 0, 0] if ground is None else np.array(ground) / 255
    return v * 2 - 1, (np.abs(v - corner).max(-1, keepdims=True) > 0.02)


def batch(rng, n):
    crops = [_crop(rng) for _ in range(n)]
    x = torch.from_numpy(np.stack([c[0] for c in crops]))
    m = torch.from_numpy(np.stack([c[1] for c in crops])).float()
    near = torch.nn.functional.max_pool3d(m.permute(0, 4, 1, 2, 3), (3, 5, 5), 1, (1, 2, 2)).permute(0, 2, 3, 4, 1)
    return x, near


def loss_of(model, x, near, generator):
    """Reconstruction with noise on the latents, and a mild pull of the latents to unit size."""
    c = model.latent_channels
    moments = model.encoder(x.bfloat16()).float()
    mean, logvar = moments[..., :c], moments[..., c:]
    spread = 2 * vae_module.POSTERIOR_STD * torch.rand(x.shape[0], 1, 1, 1, 1, generator=generator)
    z = mean + spread * torch.randn(mean.shape, generator=generator)
    loss, l1 = reconstruction(model, z, x, near)
    prior = 2e-3 * mean.square().mean() + 1e-2 * mean.mean((0, 1, 2, 3)).square().mean()
    width = 1e-3 * (logvar - 2 * np.log(vae_module.POSTERIOR_STD)).square().mean()
    return loss + prior + width, l1


def reconstruction(model, z, x, near):
    """Weighted L1 + L2 + edges of the decoded latents against the pixels, and the L1 part alone."""
    d = model.decoder(z.bfloat16()).float() - x
    w = 0.4 + 1.6 * near
    edges = sum(torch.diff(d, dim=k).abs().mul(w.narrow(k, 1, w.shape[k] - 1)).mean() for k in (1, 2, 3))
    l1 = (w * d.abs()).mean()
    return l1 + (w * d.square()).mean() + 0.5 * edges, l1


@torch.no_grad()
def psnr(model, n=6, size=render.SIZE, frames=render.FRAMES, half=False):
    """Mean PSNR in dB of whole held-out clips, encoded and decoded; also the latents' spread per channel."""
    rng = random.Random(99)
    values, latents = [], []
    for _ in range(n):
        v = torch.from_numpy(render.render(render.sample_scene(rng, train=False)))[None]
        x = (v * 2 - 1).to(torch.bfloat16 if half else torch.float32)
        z = model.encoder(x)[..., :model.latent_channels]
        y = (model.decoder(z).float() / 2 + 0.5).clamp(0, 1)
        values.append(-10 * torch.log10((y - v).square().mean()).item())
        latents.append(z.float().flatten(0, 3))
    z = torch.cat(latents)
    return float(np.mean(values)), z.mean(0), z.std(0)


def is_matrix(name, p):
    return p.ndim == 5 and not name.startswith(("encoder.conv_in", "decoder.conv_out"))


class Run:
    """What both stages share: the model, optimiser and running mean, the checkpoint, the log."""

    def __init__(self, path, seed, threads, start=None, frozen=()):
        torch.manual_seed(seed)
        self.path, self.seed, self.team = path, seed, Threads(threads)
        self.model = vae_module.Vae()
        if start:
            self.model.load_state_dict(start)
        for name, p in self.model.named_parameters():
            if name.startswith(tuple(frozen)):
                p.requires_grad_(False)
        self.opt = Optimizer(self.model.named_parameters(), is_matrix, 0.02, 3e-3)
        self.ema, self.step, self.mean = Ema(self.model, 0.998), 0, None
        if os.path.exists(path):
            s = torch.load(path)
            self.model.load_state_dict(s["model"])
            self.opt.load_state_dict(s["opt"])
            self.ema.load_state_dict(s["ema"])
            self.step = s["step"]
        self.plain = vae_module._norm_silu
        vae_module.compile_kernels()
        self.compiled, self.shadow = vae_module._norm_silu, vae_module.Vae()
        self.begin, self.last, self.began = self.step, time.time(), time.time()

    def batch(self, n):
        """The step's crops and its random generator; both depend on the seed and the step only."""
        self.team.adapt()
        key = self.seed * 1000003 + self.step
        return *batch(random.Random(key), n), torch.Generator().manual_seed(key)

    def update(self, loss, l1, factor):
        loss.backward()
        self.opt.step(factor)
        self.ema.update(self.model)
        self.step += 1
        self.mean = l1.item() if self.mean is None else 0.98 * self.mean + 0.02 * l1.item()
        if self.step % 25 == 0:
            cpu = time.process_time() / (self.step - self.begin)
            print(f"{self.path} step {self.step} loss {loss.item():.4f} l1 {self.mean:.4f} "
                  f"{(time.time() - self.last) / 25:.2f} s/step {self.team.now} threads, {cpu:.2f} cpu s/step", flush=True)
            self.last = time.time()

    def evaluate(self):
        vae_module._norm_silu = self.plain
        self.shadow.load_state_dict(self.ema.shadow)
        db, mu, sd = psnr(self.shadow, half=True)
        vae_module._norm_silu = self.compiled
        print(f"{self.path} step {self.step} psnr {db:.2f} dB, latent std {sd.mean():.2f} [{sd.min():.2f}, {sd.max():.2f}], "
              f"mean {mu.abs().max():.2f}", flush=True)

    def save(self):
        torch.save({"model": self.model.state_dict(), "opt": self.opt.state_dict(), "ema": self.ema.state_dict(),
                    "step": self.step}, self.path + ".new")
        os.replace(self.path + ".new", self.path)
        self.last = time.time()


def train(folder, steps, batch_size=4, seed=1, minutes=None, threads=2):
    """Encoder and decoder together, up to `steps` steps or `minutes`, from the last checkpoint if there is one."""
    run = Run(os.path.join(folder, "vae.pt"), seed, threads)
    while run.step < steps and (minutes is None or time.time() - run.began < 60 * minutes):
        x, near, gen = run.batch(batch_size)
        run.update(*loss_of(run.model, x, near, gen), schedule(run.step, steps, decay_from=1.0))
        if run.step % 250 == 0 or run.step == steps:
            run.evaluate()
            run.save()
    run.save()
    return run.step >= steps


def freeze(folder):
    """Fixes the encoder, and with it the latent space, at the running mean; returns that state."""
    path = os.path.join(folder, "vae-frozen.pt")
    if not os.path.exists(path):
        torch.save(torch.load(os.path.join(folder, "vae.pt"))["ema"]["shadow"], path)
    return torch.load(path)


def train_decoder(folder, steps, spread, batch_size=4, seed=4, minutes=None, threads=2):
    """The decoder alone, for the frozen latents whose standard deviation is `spread`, with more noise on them."""
    run = Run(os.path.join(folder, "decoder.pt"), seed, threads, freeze(folder), frozen=("encoder",))
    while run.step < steps and (minutes is None or time.time() - run.began < 60 * minutes):
        x, near, gen = run.batch(batch_size)
        with torch.no_grad():
            z = run.model.encoder(x.bfloat16())[..., :run.model.latent_channels].float()
        noise = 0.3 * spread * torch.rand(len(z), 1, 1, 1, 1, generator=gen)
        z = z + noise * torch.randn(z.shape, generator=gen)
        run.update(*reconstruction(run.model, z, x, near), schedule(run.step, steps, decay_from=0.3))
        if run.step % 250 == 0 or run.step == steps:
            run.evaluate()
            run.save()
            torch.save(run.ema.shadow, os.path.join(folder, "vae-final.pt"))
    run.save()
    torch.save(run.ema.shadow, os.path.join(folder, "vae-final.pt"))
    return run.step >= steps
