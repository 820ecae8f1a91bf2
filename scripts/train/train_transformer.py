"""Trains the transformer, and with it the text encoder, on the latents of rendered clips.

One model learns both tasks: some of the samples get their clip's first frame as a picture, the others the text alone, which
is harder: shapes have to be made of words, where a picture shows them.
"""
import os

import torch
import torch._inductor.config

import clips
import loop
import render
import text as text_module
import transformer as transformer_module
import words
from muon import Optimizer

LONGEST = 42  # tokens of a caption; one shape for all batches, so that compiling pays
TRAIN_SHIFT = 7.0
DETAIL = (0.1, 0.8)  # noise levels at which shapes take form
EMPHASIS = 4.0  # how much more an object's surroundings weigh there than the empty background
READING = 0.05  # how much the reader's questions weigh
PICTURED_SHARE = 0.1  # of all but the free ones: those that get their picture nevertheless
PICTURE_NOISE = 0.15  # at most, on a picture's latents: the encoder's are not exact either


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

    def described(self, scene, rng):
        """A wording of at most `least` tokens with its phrases; now and then, and where that fails, the simplest one."""
        told = render.described(scene, rng, plain=rng.random() < 0.1)
        return told if len(text_module.ids_of(self.tok, told[0])) <= self.least else render.described(scene, plain=True)


class Generator(torch.nn.Module):
    """Text encoder and transformer as one model: (noisy latents, times, ids, valid, first, pictured) to the velocity and the
    text's embeddings; and the reader of these, which only training needs."""

    def __init__(self, vocabulary):
        super().__init__()
        self.text = text_module.TextEncoder(vocabulary)
        self.transformer = transformer_module.Transformer()
        self.reader = words.Reader(self.text.config["hidden_size"])

    def forward(self, x, t, ids, valid, first, pictured):
        text = self.text(ids)
        return self.transformer(x, t, text, valid, first, pictured), text


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


def first_pictures(x0, free, generator):
    """For some samples the latents of the first frame [B, H, W, C], a little noisy; and for which [B]: the free scenes, which
    need a picture, and a part of the others."""
    pictured = (free | (torch.rand(len(x0), generator=generator) < PICTURED_SHARE)).float()
    level = PICTURE_NOISE * torch.rand(len(x0), 1, 1, 1, generator=generator).square()
    first = x0[:, 0] + level * torch.randn(x0[:, 0].shape, generator=generator)
    return first * pictured.view(-1, 1, 1, 1), pictured


def is_matrix(name, p):
    return p.ndim == 2 and not any(s in name for s in ("embed_tokens", "norm", "proj_out", "x_embedder", "cond_type", "reader"))


def decay(name):
    """Weight decay for the matrices of the text's path, whose attention has no norm on queries and keys: without it they grow
    until every word attends to one token only, and no word knows its neighbours."""
    return 0.7 if name.startswith(("text.", "transformer.context_embedder.")) else 0.0


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


def train(folder, tok, course, batch_size=16, seed=3):
    """Trains from the last checkpoint in `folder` if there is one; `batch_size` is per process."""
    torch.manual_seed(seed)
    projection = torch.load(os.path.join(folder, "projection.pt"))
    model, texts = Generator(len(tok)), Texts(tok, LONGEST)
    run = loop.Run(os.path.join(folder, "transformer.pt"), model, Optimizer(model.named_parameters(), is_matrix, 0.015, 2e-3, decay),
                   course, seed, scale=clips.scale(projection))
    torch._inductor.config.cpp.dynamic_threads = True
    fast = torch.compile(model, dynamic=False)
    source = clips.ahead(lambda i: clips.batch(projection, texts, batch_size, seed, i), run.numbers())
    while run.going():
        gen = torch.Generator().manual_seed(run.key())
        x0, ids, valid, free, wanted = next(source)
        x0 = x0 * run.state["scale"]
        sigma = noise_levels(batch_size, gen)
        noise = torch.randn(x0.shape, generator=gen)
        w = sigma.view(-1, 1, 1, 1, 1)
        first, pictured = first_pictures(x0, free, gen)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            v, text = fast((1 - w) * x0 + w * noise, sigma * 1000, ids, valid, first, pictured)
        loss = (emphasis(x0, sigma) * (v.float() - (noise - x0)).square()).mean()
        reading = model.reader.loss(text, wanted)
        run.update(loss + READING * reading, loss=loss, reading=reading)
