"""Training clips, drawn anew for every step.

Nothing can be learned by heart: with a few thousand stored clips the pairs of objects and the spinning ones, of which there
were few, came out well in training and badly with new prompts. Drawing and encoding a clip takes 10 ms.
"""
import random

import torch

import latents
import render
import words

# Of the samples. Pairs and spinning objects are the last things to be learned; free scenes only a picture explains.
SHARES = {"free": 0.15, "pair": 0.4, "spin": 0.17, "other": 0.28}


def kind_of(scene):
    """The name in SHARES."""
    if scene.free:
        return "free"
    if len(scene.things) > 1:
        return "pair"
    return "spin" if scene.things[0].motion == "spin" else "other"


def scene_of(kind, rng):
    """A random scene of this kind."""
    while True:
        s = (render.free_scene if kind == "free" else render.sample_scene)(rng)
        if kind_of(s) == kind:
            return s


def encode(projection, scenes):
    """Latents [B, 7, 12, 12, 16] of the scenes."""
    return torch.cat([latents.encode(projection, torch.from_numpy(render.render(s))[None] * 2 - 1) for s in scenes])


def batch(projection, texts, size, seed, number):
    """Batch `number`: (clean latents [B, 7, 12, 12, 16], token ids and their validity, which scenes are free [B],
    what the captions' words speak of [B, S, attributes])."""
    rng = random.Random(seed * 1000003 + number)
    scenes = [scene_of(k, rng) for k in rng.choices(list(SHARES), SHARES.values(), k=size)]
    told = [("", []) if rng.random() < 0.1 else texts.described(s, rng) for s in scenes]
    ids, valid = texts([text for text, _ in told])
    wanted = [words.answers(texts.tok, valid.shape[1], *t, s.things) for t, s in zip(told, scenes)]
    return encode(projection, scenes), ids, valid, torch.tensor([s.free for s in scenes]), torch.stack(wanted)


class _Made(torch.utils.data.Dataset):
    def __init__(self, make):
        self.make = make

    def __getitem__(self, number):
        return self.make(number)


def ahead(make, numbers):
    """make(number) for all the numbers, one after the other, made ahead by a process of its own."""
    return iter(torch.utils.data.DataLoader(_Made(make), batch_size=None, sampler=numbers, num_workers=1, prefetch_factor=8,
                                            multiprocessing_context="fork"))


def scale(projection, clips=300, seed=2):
    """What makes the latents' standard deviation 1."""
    rng = random.Random(seed)
    return 1 / encode(projection, [render.sample_scene(rng) for _ in range(clips)]).std().item()
