"""Encodes rendered clips once and trains the transformer, and with it the text encoder, on the latents.

One model learns both tasks: some of the samples get their clip's first frame as a picture, the others the text alone, which
is harder: shapes have to be made of words, where a picture shows them.
"""
import glob
import os
import pickle
import random
import time

import torch
import torch._inductor.config
import torch.distributed as dist

import latents
import render
import text as text_module
import transformer as transformer_module
from machine import Threads
from muon import Ema, Optimizer, schedule

CHUNK = 1000
LONGEST = 42  # tokens of a caption; one shape for all batches, so that compiling pays
TRAIN_SHIFT = 4.0
DETAIL = (0.1, 0.8)  # noise levels at which shapes take form
EMPHASIS = 4.0  # how much more an object's surroundings weigh there than the empty background
FREE_SHARE = 0.2  # of the samples: scenes that only a picture explains
PAIR_SHARE = 0.35  # two objects: which word belongs to which of them is the last thing to be learned
PICTURED_SHARE = 0.1  # of all but the free ones: those that get their picture nevertheless
PICTURE_NOISE = 0.15  # at most, on a picture's latents: the encoder's are not exact either


def make_latents(folder, clips, seed=2):
    """Renders and encodes `clips` clips in chunks of 1000; existing chunks are kept.

    Every third chunk is for pictures alone: its objects start anywhere, which no caption says.
    """
    os.makedirs(os.path.join(folder, "latents"), exist_ok=True)
    projection = torch.load(os.path.join(folder, "projection.pt"))
    for chunk in range(clips // CHUNK):
        path = os.path.join(folder, "latents", f"{chunk:04d}.pt")
        if os.path.exists(path):
            continue
        rng, began = random.Random(seed * 1000003 + chunk), time.time()
        scenes = [(render.free_scene if chunk % 3 == 2 else render.sample_scene)(rng) for _ in range(CHUNK)]
        out = [latents.encode(projection, torch.from_numpy(render.render(s))[None] * 2 - 1).half() for s in scenes]
        torch.save({"latents": torch.cat(out), "scenes": pickle.dumps(scenes)}, path + ".new")
        os.replace(path + ".new", path)
        print(f"latents chunk {chunk + 1} of {clips // CHUNK} {time.time() - began:.0f} s", flush=True)


def load_latents(folder):
    """All latents [N, 7, 12, 12, 16] (half) and their scenes."""
    parts, scenes = [], []
    for path in sorted(glob.glob(os.path.join(folder, "latents", "*.pt"))):
        s = torch.load(path)
        parts.append(s["latents"])
        scenes += pickle.loads(s["scenes"])
    return torch.cat(parts), scenes


class Texts:
    """Captions to padded ids [B, 108 + S] and their validity [B, S], where S is `least` or more."""

    def __init__(self, tok, least=0):
        self.tok, self.least = tok, least + text_module.CROP

    def __call__(self, captions):
        rows = [text_module.ids_of(self.tok, c) for c in captions]
        longest = max(self.least, max(len(r) for r in rows))
        ids = torch.tensor([r + [self.tok.pad_token_id] * (longest - len(r)) for r in rows])
        lengths = torch.tensor([len(r) - text_module.CROP for r in rows])
        return ids, (torch.arange(longest - text_module.CROP) < lengths[:, None]).float()


    def caption(self, scene, rng):
        """A wording of at most `least` tokens; now and then, and where that fails, the simplest one."""
        c = render.caption(scene, rng, plain=rng.random() < 0.1)
        return c if len(text_module.ids_of(self.tok, c)) <= self.least else render.caption(scene, plain=True)


class Generator(torch.nn.Module):
    """Text encoder and transformer as one model: (noisy latents, times, ids, valid, first, pictured) to the velocity."""

    def __init__(self, vocabulary):
        super().__init__()
        self.text = text_module.TextEncoder(vocabulary)
        self.transformer = transformer_module.Transformer()

    def forward(self, x, t, ids, valid, first, pictured):
        return self.transformer(x, t, self.text(ids), valid, first, pictured)


def join():
    """(rank, number) of the processes that torchrun started for data-parallel training; (0, 1) without it."""
    if "WORLD_SIZE" not in os.environ:
        return 0, 1
    dist.init_process_group("gloo")
    return dist.get_rank(), dist.get_world_size()


def average_gradients(model, world):
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    if world > 1:
        flat = torch.cat([g.flatten() for g in grads])
        dist.all_reduce(flat)
        for g, part in zip(grads, (flat / world).split([g.numel() for g in grads])):
            g.copy_(part.view_as(g))


def noise_levels(n, generator):
    """sigma [n]: one half mostly high, where places and motions are decided, the other evenly over DETAIL."""
    u = torch.sigmoid(torch.randn(n, generator=generator))
    sigma = TRAIN_SHIFT * u / (1 + (TRAIN_SHIFT - 1) * u)
    low, high = DETAIL
    sigma[::2] = low + (high - low) * torch.rand(len(sigma[::2]), generator=generator)
    return sigma


def emphasis(x0, sigma):
    """Weights [B, T, H, W, 1] of mean about 1: cells that an object covers or nearly touches count for more.

    Only below the noise at which objects have found their places: above it the weights would draw them to be seen
    everywhere. The ring around the object keeps them from making it larger.
    """
    ground = x0.flatten(2, 3).median(2).values[:, :, None, None]
    on = ((x0 - ground).abs().amax(-1) > 0.3).float()
    near = torch.nn.functional.max_pool2d(on, 3, 1, 1)
    w = 1 + EMPHASIS * near * (sigma < DETAIL[1]).view(-1, 1, 1, 1)
    return (w / w.mean((1, 2, 3), keepdim=True))[..., None]


def first_pictures(x0, chosen, generator):
    """For some samples the latents of the first frame [B, H, W, C], a little noisy; and for which [B]: the scenes that need
    a picture, and a part of the others."""
    need = torch.tensor([s.free for s in chosen])
    pictured = (need | (torch.rand(len(x0), generator=generator) < PICTURED_SHARE)).float()
    level = PICTURE_NOISE * torch.rand(len(x0), 1, 1, 1, generator=generator).square()
    first = x0[:, 0] + level * torch.randn(x0[:, 0].shape, generator=generator)
    return first * pictured.view(-1, 1, 1, 1), pictured


def pools_of(scenes):
    """Indices of the scenes: free ones, pairs of objects, and the others."""
    kind = ["free" if s.free else "pair" if len(s.things) > 1 else "other" for s in scenes]
    return {name: [i for i, k in enumerate(kind) if k == name] for name in ("free", "pair", "other")}


def choose(pools, n, rng):
    """Indices of n scenes, in the shares above as far as there are such scenes."""
    def one():
        u = rng.random()
        wanted = "free" if u < FREE_SHARE else "pair" if u < FREE_SHARE + PAIR_SHARE else "other"
        return rng.choice(pools[wanted] or pools["other"])
    return [one() for _ in range(n)]


def is_matrix(name, p):
    return p.ndim == 2 and not any(s in name for s in ("embed_tokens", "norm", "proj_out", "x_embedder", "cond_type"))


@torch.no_grad()
def sample(model, texts, prompts, steps=30, guidance=4.0, shift=5.0, seed=0, shape=(7, 12, 12, 16), first=None,
           stop=1.0):
    """Latents [B, T, H, W, C] for the prompts, by the pipeline's Euler steps (with noise of the pipeline's layout).

    `first`: the latents of each clip's first picture [B, H, W, C], scaled, for image-to-video. `stop`: the part of the
    steps that is guided, from the first one, as in diffusers' guiders.
    """
    ids, valid = texts(list(prompts) + [""])
    emb = model.text(ids)
    n = len(prompts)
    pictured = torch.full((n,), 0.0 if first is None else 1.0)
    if first is None:
        first = torch.zeros(n, *shape[1:])
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(1, shape[3], *shape[:3], generator=g).permute(0, 2, 3, 4, 1).repeat(n, 1, 1, 1, 1)
    s = torch.linspace(1, 0, steps + 1)
    s = shift * s / (1 + (shift - 1) * s)
    for i, (a, b) in enumerate(zip(s[:-1], s[1:])):
        t = torch.full((n,), a * 1000)
        v = model.transformer(x, t, emb[:n], valid[:n], first, pictured)
        if guidance != 1 and i < int(stop * steps):
            u = model.transformer(x, t, emb[n:].expand(n, -1, -1), valid[n:].expand(n, -1), first, pictured)
            v = u + guidance * (v - u)
        x = x + (b - a) * v
    return x


def train(folder, tok, steps, batch_size=16, seed=3, minutes=None, threads=2, decay_from=0.6):
    """Trains to `steps` steps or for `minutes`, from the last checkpoint in `folder` if there is one.

    `batch_size` is per process; under torchrun several processes train together.
    """
    path = os.path.join(folder, "transformer.pt")
    rank, world = join()
    torch.manual_seed(seed)
    clean, scenes = load_latents(folder)
    pools = pools_of(scenes)
    scale = 1 / clean[:1000].float().std().item()
    model, texts = Generator(len(tok)), Texts(tok, LONGEST)
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
        key = seed * 1000003 + step * world + rank
        rng, gen = random.Random(key), torch.Generator().manual_seed(key)
        pick = choose(pools, batch_size, rng)
        ids, valid = texts(["" if rng.random() < 0.1 else texts.caption(scenes[i], rng) for i in pick])
        x0 = clean[pick].float() * scale
        sigma = noise_levels(batch_size, gen)
        noise = torch.randn(x0.shape, generator=gen)
        w = sigma.view(-1, 1, 1, 1, 1)
        first, pictured = first_pictures(x0, [scenes[i] for i in pick], gen)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            v = fast((1 - w) * x0 + w * noise, sigma * 1000, ids, valid, first, pictured)
        loss = (emphasis(x0, sigma) * (v.float() - (noise - x0)).square()).mean()
        loss.backward()
        average_gradients(model, world)
        opt.step(schedule(step, steps, decay_from=decay_from, elapsed=(time.time() - began) / (60 * minutes) if minutes else 0.0))
        ema.update(model)
        step += 1
        mean = loss.item() if mean is None else 0.98 * mean + 0.02 * loss.item()
        if step % 20 == 0 and rank == 0:
            print(f"transformer step {step} loss {mean:.4f} {(time.time() - last) / 20:.2f} s/step {team.now} threads, "
                  f"{time.process_time() / max(1, step - begin):.2f} cpu s/step", flush=True)
            last = time.time()
        over = step == steps or (minutes is not None and time.time() - began > 60 * minutes)
        if time.time() - saved > 180 or over:
            if rank == 0:
                torch.save({"model": model.state_dict(), "opt": opt.state_dict(), "ema": ema.state_dict(), "step": step,
                            "scale": scale}, path + ".new")
                os.replace(path + ".new", path)
            if len(os.listdir(os.path.join(folder, "latents"))) > len(scenes) // CHUNK:  # more were made in the meantime
                clean, scenes = load_latents(folder)
                pools = pools_of(scenes)
            last = saved = time.time()
    return step >= steps
