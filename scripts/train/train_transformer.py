"""Encodes rendered clips once and trains the transformer, and with it the text encoder, on the latents."""
import glob
import os
import pickle
import random
import time

import torch

import render
import text as text_module
import train_vae
import transformer as transformer_module
import vae as vae_module
from machine import Threads
from muon import Ema, Optimizer, schedule

CHUNK = 100
MAX_TEXT = 40
TRAIN_SHIFT = 4.0


def make_latents(folder, vae_state, clips, seed=2, threads=2):
    """Encodes `clips` clips in chunks of 100 files in `folder`; existing chunks are kept."""
    os.makedirs(folder, exist_ok=True)
    model = vae_module.Vae()
    model.load_state_dict(vae_state)
    vae_module.compile_kernels()
    team = Threads(threads)
    for chunk in range(clips // CHUNK):
        path = os.path.join(folder, f"{chunk:04d}.pt")
        if os.path.exists(path):
            continue
        rng, began = random.Random(seed * 1000003 + chunk), time.time()
        scenes = [render.sample_scene(rng) for _ in range(CHUNK)]
        out = []
        with torch.no_grad():
            for i in range(0, CHUNK, 2):
                team.adapt()
                x = torch.stack([torch.from_numpy(render.render(s)) for s in scenes[i:i + 2]]) * 2 - 1
                out.append(model.encoder(x.bfloat16())[..., :model.latent_channels].half())
        torch.save({"latents": torch.cat(out), "scenes": pickle.dumps(scenes)}, path + ".new")
        os.replace(path + ".new", path)
        print(f"latents chunk {chunk + 1} of {clips // CHUNK} {time.time() - began:.0f} s", flush=True)


def load_latents(folder):
    latents, scenes = [], []
    for path in sorted(glob.glob(os.path.join(folder, "*.pt"))):
        s = torch.load(path)
        latents.append(s["latents"])
        scenes += pickle.loads(s["scenes"])
    return torch.cat(latents), scenes


class Texts:
    """Captions to padded ids: [B, 108 + MAX_TEXT] and their validity [B, MAX_TEXT]."""

    def __init__(self, tok):
        self.tok, self.known = tok, {}

    def __call__(self, captions):
        ids = torch.zeros(len(captions), text_module.CROP + MAX_TEXT, dtype=torch.long)
        valid = torch.zeros(len(captions), MAX_TEXT)
        for i, c in enumerate(captions):
            t = text_module.ids_of(self.tok, c)[:text_module.CROP + MAX_TEXT]
            ids[i, :len(t)] = torch.tensor(t)
            valid[i, :len(t) - text_module.CROP] = 1
        return ids, valid


class Generator(torch.nn.Module):
    """Text encoder and transformer as one model: (noisy latents, times, ids, valid) to the velocity."""

    def __init__(self, vocabulary):
        super().__init__()
        self.text = text_module.TextEncoder(vocabulary)
        self.transformer = transformer_module.Transformer()

    def forward(self, x, t, ids, valid):
        return self.transformer(x, t, self.text(ids), valid)


def is_matrix(name, p):
    return p.ndim == 2 and not any(s in name for s in ("embed_tokens", "norm", "proj_out", "x_embedder", "cond_type"))


@torch.no_grad()
def sample(model, texts, prompts, steps=30, guidance=4.0, shift=5.0, seed=0, shape=(7, 12, 12, 16)):
    """Latents [B, T, H, W, C] for the prompts, by the pipeline's Euler steps (with noise of the pipeline's layout)."""
    ids, valid = texts(list(prompts) + [""])
    emb = model.text(ids)
    n = len(prompts)
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(1, shape[3], *shape[:3], generator=g).permute(0, 2, 3, 4, 1).repeat(n, 1, 1, 1, 1)
    s = torch.linspace(1, 0, steps + 1)
    s = shift * s / (1 + (shift - 1) * s)
    for a, b in zip(s[:-1], s[1:]):
        t = torch.full((n,), a * 1000)
        v = model.transformer(x, t, emb[:n], valid[:n])
        if guidance != 1:
            u = model.transformer(x, t, emb[n:].expand(n, -1, -1), valid[n:].expand(n, -1))
            v = u + guidance * (v - u)
        x = x + (b - a) * v
    return x


def train(folder, tok, steps, batch_size=16, seed=3, minutes=None, threads=2):
    """Trains to `steps` steps or for `minutes`, from the last checkpoint in `folder` if there is one."""
    path = os.path.join(folder, "transformer.pt")
    torch.manual_seed(seed)
    latents, scenes = load_latents(os.path.join(folder, "latents"))
    scale = 1 / latents.float().std().item()
    model, texts = Generator(len(tok)), Texts(tok)
    opt = Optimizer(model.named_parameters(), is_matrix, 0.015, 2e-3)
    ema, step, began = Ema(model, 0.997), 0, time.time()
    if os.path.exists(path):
        s = torch.load(path)
        model.load_state_dict(s["model"])
        opt.load_state_dict(s["opt"])
        ema.load_state_dict(s["ema"])
        step, scale = s["step"], s["scale"]
    torch._inductor.config.cpp.dynamic_threads = True
    fast = torch.compile(model, dynamic=False)
    mean, last, team, begin, saved = None, time.time(), Threads(threads), step, time.time()
    print(f"transformer: {len(scenes)} clips, scale {scale:.4f}", flush=True)
    while step < steps and (minutes is None or time.time() - began < 60 * minutes):
        team.adapt()
        rng, gen = random.Random(seed * 1000003 + step), torch.Generator().manual_seed(seed * 1000003 + step)
        pick = [rng.randrange(len(scenes)) for _ in range(batch_size)]
        ids, valid = texts(["" if rng.random() < 0.1 else render.caption(scenes[i], rng, plain=rng.random() < 0.1) for i in pick])
        x0 = latents[pick].float() * scale
        u = torch.sigmoid(torch.randn(batch_size, generator=gen))
        sigma = TRAIN_SHIFT * u / (1 + (TRAIN_SHIFT - 1) * u)
        noise = torch.randn(x0.shape, generator=gen)
        w = sigma.view(-1, 1, 1, 1, 1)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            v = fast((1 - w) * x0 + w * noise, sigma * 1000, ids, valid)
        loss = (v.float() - (noise - x0)).square().mean()
        loss.backward()
        opt.step(schedule(step, steps))
        ema.update(model)
        step += 1
        mean = loss.item() if mean is None else 0.98 * mean + 0.02 * loss.item()
        if step % 20 == 0:
            print(f"transformer step {step} loss {mean:.4f} {(time.time() - last) / 20:.2f} s/step {team.now} threads, "
                  f"{time.process_time() / max(1, step - begin):.2f} cpu s/step", flush=True)
            last = time.time()
        if time.time() - saved > 180 or step == steps:
            torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "ema": ema.state_dict(), "step": step,
                        "scale": scale}, path + ".new")
            os.replace(path + ".new", path)
            last = saved = time.time()
    return step >= steps
