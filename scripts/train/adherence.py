#!/usr/bin/env python3
"""Measures by plain image arithmetic how far videos follow their prompts, over 60 prompts that were held out in training.

Looked at: the background's colour, the number of objects, and of each object its colour, shape, direction, growth and its
place at the start, in the middle and at the end. The score is the share of attributes that are right, with guidance and
without. Videos come from the training classes (fast), from diffusers, or from the program (`--kinema PATH`).

An image-to-video model gets 60 pictures with their prompts: the first frames of 30 of those scenes, and 30 of an object
anywhere, so that only the prompt tells where it goes. It is also measured whether the first frame is the picture, and
whether background, colour and shape are still the picture's at the end.
"""
import argparse
import json
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


def pictured_prompts(n=30, seed=21):
    """The fixed list for image-to-video, the two kinds in turn."""
    rng = random.Random(seed)
    free = [render.free_scene(rng, train=False) for _ in range(n)]
    return [p for pair in zip(prompts()[:n], ((s, render.caption(s, plain=True)) for s in free)) for p in pair]


def picture_of(scene):
    """The first frame [H, W, 3] in 0…1, in the 256 levels of a picture file."""
    return np.round(render.render(scene, range(1))[0] * 255) / np.float32(255)


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


def drawn(scene):
    """Where each object is in the rendered clip, which a picture tells: (thing, path [FRAMES, 4])."""
    things = scene.things * scene.count if scene.count > 1 else scene.things
    return [(t, path) for t, (_, _, path) in zip(things, render.layout(scene))]


def measure_picture(video, picture, want, last):
    """What of the picture is there at the start, and still at the end, where `last` are the objects for `want`."""
    ground = ground_of(picture)
    start = objects(picture, ground)
    out = {"picture": [psnr(video[0], picture) >= 25],
           "kept background": [bool(np.abs(ground_of(video[-1]) - ground).max() < 0.06)]}
    for (thing, path), now in zip(want, last):
        then = min(start, key=lambda o: abs(o["x"] - path[0, 0]) + abs(o["y"] - path[0, 1]))
        out.setdefault("kept colour", []).append(bool(now) and bool(np.abs(now["colour"] - then["colour"]).max() < 0.12))
        out.setdefault("kept shape", []).append(bool(now) and shape_of(now) == thing.shape)
    return out


def psnr(got, want):
    return -10 * np.log10(max(1e-10, np.square(got - want).mean()))


def measure(video, scene, picture=None):
    """{attribute: [right or wrong, …]} of one video [F, H, W, 3]."""
    ground = ground_of(np.median(video, 0))
    want = expected(scene) if picture is None else drawn(scene)
    last = []
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
        last.append(track[-1])
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
    if picture is not None:
        out |= measure_picture(video, picture, want, last)
    return out


def from_training_classes(args, texts, pictures, guidance):
    import torch
    from shipped import Shipped
    torch.set_num_threads(args.threads)
    yield from Shipped(args.model).videos(texts, args.steps, guidance, args.seed, pictures)


def as_image(picture):
    from PIL import Image
    return Image.fromarray((picture * 255 + 0.5).astype(np.uint8))


def from_diffusers(args, texts, pictures, guidance):
    import torch
    from diffusers import ClassifierFreeGuidance, DiffusionPipeline
    torch.set_num_threads(args.threads)
    pipe = DiffusionPipeline.from_pretrained(args.model, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    if guidance is not None:
        pipe.guider = ClassifierFreeGuidance(guidance_scale=guidance)
    for i, text in enumerate(texts):
        what = {"image": as_image(pictures[i])} if pictures else {"height": render.SIZE, "width": render.SIZE}
        yield pipe(prompt=text, **what, num_frames=render.FRAMES, num_inference_steps=args.steps,
                   generator=torch.Generator().manual_seed(args.seed), output_type="np").frames[0]


def from_kinema(args, texts, pictures, guidance):
    from safetensors.numpy import load_file
    with tempfile.TemporaryDirectory() as d:
        for i, text in enumerate(texts):
            store, image = os.path.join(d, "t.safetensors"), os.path.join(d, "p.png")
            what = ["--image", image] if pictures else ["--width", str(render.SIZE), "--height", str(render.SIZE)]
            if pictures:
                as_image(pictures[i]).save(image)
            command = [args.kinema, "generate", "--model", args.model, "--prompt", text, *what,
                       "--num-frames", str(render.FRAMES), "--steps", str(args.steps), "--seed",
                       str(args.seed), "--save-tensors", store, "-o", os.path.join(d, "v.mp4")]
            if guidance is not None:
                command += ["--guidance-scale", str(guidance)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{' '.join(command)}\n{done.stderr}")
            yield load_file(store)["video"]
            for name in os.listdir(d):
                os.remove(os.path.join(d, name))


def score(videos, scenes, pictures, verbose):
    """{attribute: (share right, number)} over all videos, and "all"; with pictures also the first frames' mean PSNR."""
    total, likeness = {}, []
    for i, ((scene, text), video) in enumerate(zip(scenes, videos)):
        video = np.asarray(video, np.float32)
        got = measure(video, scene, pictures and pictures[i])
        if pictures:
            likeness.append(psnr(video[0], pictures[i]))
        for k, v in got.items():
            total.setdefault(k, []).extend(v)
        if verbose:
            wrong = [k for k, v in got.items() if not all(v)]
            print(f"  {text}: {'wrong: ' + ', '.join(wrong) if wrong else 'all right'}", flush=True)
    total["all"] = [x for v in total.values() for x in v]
    return {k: (sum(v) / len(v), len(v)) for k, v in total.items()}, likeness


def takes_pictures(model):
    with open(os.path.join(model, "model_index.json"), encoding="utf-8") as f:
        return "ImageToVideo" in json.load(f)["_class_name"]


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
    with_pictures = takes_pictures(args.model)
    scenes = (pictured_prompts() if with_pictures else prompts())[:args.prompts]
    texts = [t for _, t in scenes]
    pictures = [picture_of(s) for s, _ in scenes] if with_pictures else None
    make = from_kinema if args.kinema else from_diffusers if args.diffusers else from_training_classes
    runs = {"rendered": (render.render(s) for s, _ in scenes)} if args.truth else {
        "with guidance": make(args, texts, pictures, None), "without guidance": make(args, texts, pictures, 1.0)}
    for name, videos in runs.items():
        result, likeness = score(videos, scenes, pictures, args.verbose)
        parts = ", ".join(f"{k} {100 * v:.0f} %" for k, (v, _) in result.items() if k != "all")
        rest = [(v * n, n) for k, (v, n) in result.items() if k not in ("all", "shape", "kept shape")]
        print(f"{name}: {100 * result['all'][0]:.1f} % of {result['all'][1]} attributes, "
              f"{100 * sum(r for r, _ in rest) / sum(n for _, n in rest):.1f} % without shape ({parts})", flush=True)
        if likeness:
            print(f"  first frame to picture: {np.mean(likeness):.1f} dB on average, {np.min(likeness):.1f} dB at least", flush=True)


if __name__ == "__main__":
    main()
