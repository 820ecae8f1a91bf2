#!/usr/bin/env python3
"""Measures how far picture and sound of the model with sound follow 60 prompts that were held out in training.

The picture is measured as adherence.py does it. The sound: is there one (a still object is silent), the note at the start,
in the middle and at the end, the side it comes from at these moments, the number of beeps, and, apart from the prompt, whether
it follows the object that is really seen (notes and sides of the measured track, for objects that move).
Clips come from diffusers' modules in batches, or from the program (`--kinema PATH`).
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np

import adherence
import render
import sound_world

RATE = 16000
WINDOW = 1280
QUIET = 0.05
SIDE_ERROR, NOTE_ERROR = 0.25, 1.0


def spectrum(wave):
    """The loudness of each note at each token, [TOKENS, 2 sides, 8], of a wave [2, samples]."""
    window = np.hanning(WINDOW)
    at = np.arange(WINDOW) / RATE
    basis = np.exp(-2j * np.pi * np.array(sound_world.NOTES)[:, None] * at) * window / window.sum() * 2
    padded = np.pad(wave, ((0, 0), (WINDOW, WINDOW)))
    middle = (np.maximum(0, np.arange(sound_world.TOKENS) * 4 - 1.5) + 0.5) / sound_world.FRAMES_PER_SECOND * RATE
    starts = (middle - WINDOW / 2).astype(int) + WINDOW
    return np.stack([np.abs(padded[:, s:s + WINDOW] @ basis.T) for s in starts])


def heard(wave):
    """(loudness, note, side), each [TOKENS]; note and side are the energy's centres, meaningless in silence."""
    energy = spectrum(wave) ** 2
    total = energy.sum((1, 2))
    power = np.maximum(total, 1e-9)
    note = (energy.sum(1) * np.arange(8)).sum(1) / power
    side = np.arctan2(np.sqrt(energy[:, 1].sum(1)), np.sqrt(energy[:, 0].sum(1))) * 2 / np.pi
    return np.sqrt(total), note, side


def beeps(loud):
    on = np.concatenate([[False], loud])
    return int((on[1:] & ~on[:-1]).sum())


def nearest_loud(loud, k):
    """The token nearest to k at which there is a sound, or None within two tokens."""
    near = [i for i in range(max(0, k - 2), min(len(loud), k + 3)) if loud[i]]
    return min(near, key=lambda i: abs(i - k), default=None)


def measure_sound(wave, scene):
    """{attribute: [right or wrong, …]} of a sound against its scene."""
    (thing, path), = adherence.expected(scene)
    note, side, due = sound_world.track(thing, path)
    level, got_note, got_side = heard(wave)
    loud = level > QUIET
    if thing.motion == "still":
        return {"silence": [loud.sum() <= 1]}
    out = {"sound": [loud.sum() >= 0.6 * due.sum()], "beeps": [abs(beeps(loud) - beeps(due > 0)) <= (thing.motion == "spin")]}
    for k in (2, 12, 23):
        i = nearest_loud(loud, k)
        out.setdefault("note", []).append(i is not None and abs(got_note[i] - note[k]) <= NOTE_ERROR)
        out.setdefault("side", []).append(i is not None and abs(got_side[i] - side[k]) <= SIDE_ERROR)
    return out


def measure_together(video, wave, scene):
    """Whether the sound follows the object that is seen, whatever the prompt was."""
    thing = scene.things[0]
    if thing.motion not in render.DIRECTIONS and thing.motion not in ("grow", "shrink"):
        return {}
    ground = adherence.ground_of(np.median(video, 0))
    level, got_note, got_side = heard(wave)
    right = []
    (_, due), = adherence.expected(scene)
    for k, frame in ((2, 2), (12, 11), (23, 22)):
        seen = adherence.objects(video[frame], ground)
        i = nearest_loud(level > QUIET, k)
        if not seen or i is None:
            right.append(False)
            continue
        path = np.repeat([[seen[0]["x"], seen[0]["y"], 0, 0]], render.FRAMES, 0)
        start = adherence.objects(video[0], ground)
        scale = due[0, 2] / start[0]["area"] ** 0.5 if start else 0
        path[:, 2] = scale * seen[0]["area"] ** 0.5
        note, side, _ = sound_world.track(thing, path)
        right.append(abs(got_note[i] - note[k]) <= NOTE_ERROR and abs(got_side[i] - side[k]) <= SIDE_ERROR)
    return {"together": right}


def from_truth(args, scenes, guided):
    import torch
    import sound_latents
    import sound_models
    audio, vocoder = sound_models.audio_vae(), sound_models.vocoder()
    for scene, _ in scenes:
        tokens = sound_latents.sound_tokens(scene)[None] * audio.latents_std + audio.latents_mean
        with torch.no_grad():
            wave = vocoder(audio.decoder(tokens.unflatten(2, (2, 8)).transpose(1, 2)))[0]
        yield render.render(scene), wave.numpy()


def from_diffusers(args, scenes, guided):
    import torch
    from sound_export import Shipped
    torch.set_num_threads(args.threads)
    texts = [t for _, t in scenes]
    yield from Shipped(args.model).clips(texts, args.steps, *((None, None) if guided else (1.0, 1.0)), seed=args.seed)


def from_kinema(args, scenes, guided):
    from safetensors.numpy import load_file
    with tempfile.TemporaryDirectory() as d:
        for _, text in scenes:
            store = os.path.join(d, "t.safetensors")
            command = [args.kinema, "generate", "--model", args.model, "--prompt", text, "--seed", str(args.seed),
                       "--save-tensors", store, "-o", os.path.join(d, "v.mp4")]
            if args.steps:
                command += ["--num-inference-steps", str(args.steps)]
            if not guided:
                command += ["--guidance-scale", "1", "--audio-guidance-scale", "1"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{' '.join(command)}\n{done.stderr}")
            tensors = load_file(store)
            yield tensors["video"], tensors["audio"].reshape(2, -1)
            for name in os.listdir(d):
                os.remove(os.path.join(d, name))


def score(clips, scenes, verbose):
    """{"picture" or "sound": {attribute: [right or wrong, …]}} over all clips."""
    total = {"picture": {}, "sound": {}}
    for (scene, text), (video, wave) in zip(scenes, clips):
        video = np.asarray(video, np.float32)
        got = {"picture": adherence.measure(video, scene),
               "sound": {**measure_sound(wave, scene), **measure_together(video, wave, scene)}}
        for kind, attributes in got.items():
            for k, v in attributes.items():
                total[kind].setdefault(k, []).extend(map(bool, v))
        if verbose:
            wrong = [k for v in got.values() for k, x in v.items() if not all(x)]
            print(f"  {text}: {'wrong: ' + ', '.join(wrong) if wrong else 'all right'}", flush=True)
    return total


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--model", default=os.path.join(here, "..", "..", "configs", "models", "shapes-sound"))
    p.add_argument("--kinema", help="path of the program; without it diffusers' modules make the clips")
    p.add_argument("--prompts", type=int, default=60, help="how many of the 60")
    p.add_argument("--steps", type=int, help="default: the model's")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--guided-only", action="store_true", help="leave the run without guidance out")
    p.add_argument("--truth", action="store_true", help="measure the rendered clips and sounds themselves: tests this script")
    p.add_argument("-v", "--verbose", action="store_true")
    args = p.parse_args()
    scenes = sound_world.held_out_prompts()[:args.prompts]
    make = from_truth if args.truth else from_kinema if args.kinema else from_diffusers
    runs = {"rendered": True} if args.truth else {"with guidance": True, "without guidance": False}
    if args.guided_only:
        runs = {"with guidance": True}
    for name, guided in runs.items():
        for kind, result in score(make(args, scenes, guided), scenes, args.verbose).items():
            every = [x for v in result.values() for x in v]
            parts = ", ".join(f"{k} {100 * sum(v) / len(v):.0f} %" for k, v in result.items())
            print(f"{name}, {kind}: {100 * sum(every) / len(every):.1f} % of {len(every)} attributes ({parts})", flush=True)


if __name__ == "__main__":
    main()
