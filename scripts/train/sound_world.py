"""The scenes of the model with sound: one moving object, and the tones that follow it.

What sounds: the higher the object, the higher the note; the larger it is, the lower; it comes from the side where the object
is. A spinning object beeps four times in half a turn, and one that stays still is silent. The notes are those of a horn
(all multiples of 100 Hz), so that every frame of the spectrogram holds whole periods of each.
"""
import random

import numpy as np

import render

FPS = 12
NOTES = (300, 400, 500, 600, 800, 1000, 1200, 1600)  # Hz; the fourth is the centre's
FRAMES_PER_SECOND = 50  # of the spectrogram; four are one latent
TOKENS = 26  # of 25 video frames
SHAPES = ("circle", "square", "triangle")
MOTIONS = ("left", "right", "up", "down", "grow", "shrink", "spin", "still")
BEEPS_PER_RADIAN = 4 / np.pi


def sample_scene(rng, train=True):
    """A random scene of one object; with `train` no held-out combination, without it only held-out ones."""
    while True:
        t = render.Thing(rng.choice(SHAPES), rng.choice(list(render.COLOURS)), "medium", rng.choice(MOTIONS))
        background = rng.choice(list(render.BACKGROUNDS))
        if not render.contrasts(t.colour, background) or (t.shape == "circle" and t.motion == "spin"):
            continue
        if t.motion in render.DIRECTIONS or t.motion in ("still", "spin"):
            t.size = rng.choice(("small", "medium", "medium", "large"))
        if render.held_out(t, background) == train:
            continue
        return render.Scene(background, [t], 1, rng.getrandbits(31))


def track(thing, path):
    """What an object's path [FRAMES, 4] sounds like at each token: note (0…7, fractional), side (0 left … 1 right) and
    loudness (0 or 1), each [TOKENS]."""
    mel = np.maximum(0, np.arange(TOKENS) * 4 - 1.5)  # the middle of a token's spectrogram frames
    at = np.clip(mel / FRAMES_PER_SECOND * FPS, 0, render.FRAMES - 1)
    x, y, r, angle = (np.interp(at, np.arange(render.FRAMES), path[:, i]) for i in range(4))
    note = 3 + (0.5 - y) / 0.08
    if thing.motion in ("grow", "shrink"):
        note = 7 * (0.25 - r) / 0.18
    loud = np.full(TOKENS, float(thing.motion != "still"))
    if thing.motion == "spin":
        loud = ((angle - path[0, 3]) * BEEPS_PER_RADIAN % 1 < 0.5).astype(float)
    return np.clip(note, 0, 7), np.clip((x - 0.15) / 0.7, 0, 1), loud


def tones(note, side, loud):
    """The spectrogram at each token, [TOKENS, 2 sides, 8 notes] in 0…1: neighbouring notes are cross-faded."""
    weight = np.clip(1.5 - 2 * np.abs(note[:, None] - np.arange(len(NOTES))), 0, 1)
    gains = np.stack([np.cos(side * np.pi / 2), np.sin(side * np.pi / 2)], 1)
    return (loud[:, None, None] * gains[:, :, None] * weight[:, None, :]).astype(np.float32)


def sound(scene):
    """The spectrogram of a scene, [TOKENS, 2, 8]."""
    (_, _, path), = render.layout(scene)
    return tones(*track(scene.things[0], path))


def caption(scene, rng):
    """A wording of the scene, often the simplest; the sound needs no words, but may have some."""
    text = render.caption(scene, rng, plain=rng.random() < 0.3)
    return text + " with sound" if rng.random() < 0.05 and not text.endswith(".") else text


def held_out_prompts(n=60, seed=21):
    """The fixed list of (scene, its plainest caption), all different, that nothing was trained on."""
    rng, out = random.Random(seed), {}
    while len(out) < n:
        scene = sample_scene(rng, train=False)
        out.setdefault(render.caption(scene, plain=True), scene)
    return [(s, text) for text, s in out.items()]
