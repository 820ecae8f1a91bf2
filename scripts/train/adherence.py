#!/usr/bin/env python3
"""Measures by plain image arithmetic how far videos follow their prompts, over 60 prompts that were held out in training.

Looked at: the background's colour, the number of objects, and of each object its colour, shape, direction, growth and its
place at the start, in the middle and at the end. The score is the share of attributes that are right, with guidance and
without. Videos come from the training classes (fast), from diffusers, or from the program (`--kinema PATH`).
"""
import argparse
import os
import random
import subprocess
import sys
import tempfile

import numpy as np

import render


def prompts(n=60, seed=20):
    """The fixed list: (scene, its plainest caption)."""
    rng = random.Random(seed)
    scenes = [render.sample_scene(rng, train=False) for _ in range(n)]
    return [(s, render.caption(s, plain=True)) for s in scenes]


def nearest(rgb, table):
    return min(table, key=lambda k: np.abs(np.array(table[k]) / 255 - rgb).sum())


def components(mask):
    """Boolean masks of the 4-connected parts of `mask`, largest first."""
    left, parts = set(zip(*np.nonzero(mask))), []
    while left:
        stack, part = [left.pop()], []
        while stack:
            y, x = stack.pop()
            part.append((y, x))
            for q in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if q in left:
                    left.remove(q)
                    stack.append(q)
        out = np.zeros_like(mask)
        out[tuple(np.array(part).T)] = True
        parts.append(out)
    return sorted(parts, key=lambda p: -p.sum())


def ground_of(frame):
    border = np.concatenate([frame[:4].reshape(-1, 3), frame[-4:].reshape(-1, 3), frame[:, :4].reshape(-1, 3), frame[:, -4:].reshape(-1, 3)])
    return np.median(border, 0)


def objects(frame, ground):
    """The objects of a frame: place (x, y in fractions), area (fraction), colour of the inner part and mask."""
    found = []
    size = frame.shape[0]
    for part in components(np.abs(frame - ground).max(-1) > 0.16):
        if part.sum() < 0.0012 * part.size:
            continue
        y, x = np.nonzero(part)
        inner = part & np.roll(part, 2, 0) & np.roll(part, -2, 0) & np.roll(part, 2, 1) & np.roll(part, -2, 1)
        core = frame[inner if inner.any() else part]
        found.append({"x": (x.mean() + 0.5) / size, "y": (y.mean() + 0.5) / size, "area": part.mean(),
                      "colour": np.median(core, 0), "mask": part})
    return found


def shape_of(thing):
    """The shape whose drawing, at the object's place and size and the best angle, overlaps it most."""
    best = {}
    size = thing["mask"].shape[0]
    grid = (np.arange(size) + 0.5) / size
    gx, gy = grid[None] - thing["x"], grid[:, None] - thing["y"]
    for shape in render.SHAPES:
        unit = (render._distance(shape, *np.meshgrid(np.linspace(-2, 2, 200), np.linspace(-2, 2, 200)), 1.0) < 0).mean() * 16
        r = (thing["area"] / unit) ** 0.5
        for angle in np.arange(0, 120, 10) * np.pi / 180:
            c, s = np.cos(angle), np.sin(angle)
            drawn = render._distance(shape, c * gx + s * gy, c * gy - s * gx, r) < 0
            iou = (drawn & thing["mask"]).sum() / max(1, (drawn | thing["mask"]).sum())
            best[shape] = max(best.get(shape, 0), iou)
    return max(best, key=best.get)


def expected(scene):
    """Where each object should be, without the random variation: (thing, path [FRAMES, 4])."""
    if scene.count > 1:
        xs = {2: (0.28, 0.72), 3: (0.19, 0.5, 0.81)}[scene.count]
        centres = [(scene.things[0], (x, 0.5), True) for x in xs]
    else:
        centres = [(t, render.PLACES[t.place], len(scene.things) > 1) for t in scene.things]

    class Middle:
        @staticmethod
        def uniform(a, b):
            return (a + b) / 2

    return [(t, render._path(t, c, Middle, many)) for t, c, many in centres]


def measure(video, scene):
    """{attribute: [right or wrong, …]} of one video [F, H, W, 3]."""
    ground = ground_of(np.median(video, 0))
    want = expected(scene)
    n = len(video)
    moments = (0, n // 4, n // 2, 3 * n // 4, n - 1)
    seen = [objects(video[k], ground) for k in moments]
    out = {"background": [nearest(ground, render.BACKGROUNDS) == scene.background],
           "count": [sorted(len(s) for s in seen)[2] == len(want)]}
    for thing, path in want:
        track = []
        for k, s in zip(moments, seen):
            p = path[round(k * (render.FRAMES - 1) / (n - 1))]
            track.append(min(s, key=lambda o: abs(o["x"] - p[0]) + abs(o["y"] - p[1]), default=None))
        whole = all(track)
        out.setdefault("colour", []).append(bool(track[2]) and nearest(track[2]["colour"], render.COLOURS) == thing.colour)
        out.setdefault("shape", []).append(bool(track[2]) and shape_of(track[2]) == thing.shape)
        for i in (0, 2, 4):
            p = path[round(moments[i] * (render.FRAMES - 1) / (n - 1))]
            out.setdefault("place", []).append(
                bool(track[i]) and abs(track[i]["x"] - p[0]) < 0.1 and abs(track[i]["y"] - p[1]) < 0.1)
        move = np.array([track[4]["x"] - track[0]["x"], track[4]["y"] - track[0]["y"]]) if whole else np.zeros(2)
        due = path[-1, :2] - path[0, :2]
        if np.abs(due).max() > 0.05:
            right = whole and move @ due > 0.6 * due @ due and move @ due > 0.9 * np.linalg.norm(move) * np.linalg.norm(due)
        else:
            right = whole and np.abs(move).max() < 0.08
        out.setdefault("direction", []).append(bool(right))
        ratio = (track[4]["area"] / track[0]["area"]) ** 0.5 if whole else 0
        out.setdefault("growth", []).append(
            bool(ratio > 1.4 if thing.motion == "grow" else 0 < ratio < 0.7 if thing.motion == "shrink" else 0.75 < ratio < 1.33))
    return out


def from_training_classes(args, texts, guidance):
    import torch
    from shipped import Shipped
    torch.set_num_threads(args.threads)
    yield from Shipped(args.model).videos(texts, args.steps, guidance, args.seed)


def from_diffusers(args, texts, guidance):
    import torch
    from diffusers import ClassifierFreeGuidance, HunyuanVideo15Pipeline
    torch.set_num_threads(args.threads)
    pipe = HunyuanVideo15Pipeline.from_pretrained(args.model, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    if guidance is not None:
        pipe.guider = ClassifierFreeGuidance(guidance_scale=guidance)
    for text in texts:
        g = torch.Generator().manual_seed(args.seed)
        yield pipe(text, height=render.SIZE, width=render.SIZE, num_frames=render.FRAMES, num_inference_steps=args.steps,
                   generator=g, output_type="np").frames[0]


def from_kinema(args, texts, guidance):
    from safetensors.numpy import load_file
    with tempfile.TemporaryDirectory() as d:
        for text in texts:
            store = os.path.join(d, "t.safetensors")
            command = [args.kinema, "generate", "--model", args.model, "--prompt", text, "--width", str(render.SIZE),
                       "--height", str(render.SIZE), "--num-frames", str(render.FRAMES), "--steps", str(args.steps), "--seed",
                       str(args.seed), "--save-tensors", store, "-o", os.path.join(d, "v.mp4")]
            if guidance is not None:
                command += ["--guidance-scale", str(guidance)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{' '.join(command)}\n{done.stderr}")
            yield load_file(store)["video"]
            for name in os.listdir(d):
                os.remove(os.path.join(d, name))


def score(videos, scenes, verbose):
    """{attribute: share right} over all videos, and "all"."""
    total = {}
    for (scene, text), video in zip(scenes, videos):
        got = measure(np.asarray(video, np.float32), scene)
        for k, v in got.items():
            total.setdefault(k, []).extend(v)
        if verbose:
            wrong = [k for k, v in got.items() if not all(v)]
            print(f"  {text}: {'wrong: ' + ', '.join(wrong) if wrong else 'all right'}", flush=True)
    total["all"] = [x for v in total.values() for x in v]
    return {k: (sum(v) / len(v), len(v)) for k, v in total.items()}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--model", default=os.path.join(here, "..", "..", "configs", "models", "shapes"))
    p.add_argument("--kinema", help="path of the program; without it Python makes the videos")
    p.add_argument("--diffusers", action="store_true", help="use diffusers' pipeline (slow) rather than the training classes")
    p.add_argument("--prompts", type=int, default=60, help="how many of the 60")
    p.add_argument("--steps", type=int, default=30)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--truth", action="store_true", help="measure the rendered clips themselves: tests this script")
    p.add_argument("-v", "--verbose", action="store_true")
    args = p.parse_args()
    scenes = prompts()[:args.prompts]
    texts = [t for _, t in scenes]
    make = from_kinema if args.kinema else from_diffusers if args.diffusers else from_training_classes
    runs = {"rendered": (render.render(s) for s, _ in scenes)} if args.truth else {
        "with guidance": make(args, texts, None), "without guidance": make(args, texts, 1.0)}
    for name, videos in runs.items():
        result = score(videos, scenes, args.verbose)
        parts = ", ".join(f"{k} {100 * v:.0f} %" for k, (v, _) in result.items() if k != "all")
        rest = [(v * n, n) for k, (v, n) in result.items() if k not in ("all", "shape")]
        print(f"{name}: {100 * result['all'][0]:.1f} % of {result['all'][1]} attributes, "
              f"{100 * sum(r for r, _ in rest) / sum(n for _, n in rest):.1f} % without shape ({parts})", flush=True)


if __name__ == "__main__":
    main()
