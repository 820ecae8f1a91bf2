#!/usr/bin/env python3
"""The shipped model with sound: the program gives the frames and the wave that diffusers gives, and
with the model's own settings a moving object is heard in the MP4, from the side where it is, while
one that stays still is silent.

shipped_sound.py PROGRAM [--steps N]
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from live_checks import REPOSITORY, Checks, parser_of

import reference_environment  # noqa: F401

import numpy
import torch
from diffusers import LTX2Pipeline
from safetensors.torch import load_file

from tensor_comparison import compare

MODEL = REPOSITORY / "configs" / "models" / "shapes-sound"
MOVING = "a red circle moves right over a dark blue background"
STILL = "a yellow square stays still over a black background"
SEED = 7
TOLERANCE = 1e-4
# Of full scale: what a tone has at least, and what silence and the codec leave at most.
HEARD, UNHEARD = 0.03, 0.01


def program_run(program: Path, prompt: str, folder: Path, *more: str) -> dict[str, torch.Tensor]:
    """Tensors of a job; folder/video.mp4 is its video."""
    store = folder / "tensors.safetensors"
    command = [str(program), "generate", f"--model={MODEL}", f"--prompt={prompt}", f"--seed={SEED}"]
    command += [f"--save-tensors={store}", f"--output={folder / 'video.mp4'}"]
    command += ["--threads=1", "--overwrite", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{prompt}: ended with status {done.returncode}: {done.stderr}")
    return load_file(store)


def reference_run(steps: int) -> dict[str, torch.Tensor]:
    settings = json.loads((MODEL / "kinema.json").read_text(encoding="utf-8"))
    del settings["task"]
    settings |= {"frame_rate": float(settings.pop("fps")), "num_inference_steps": steps}
    pipeline = LTX2Pipeline.from_pretrained(MODEL, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(SEED)
    result = pipeline(MOVING, generator=generator, output_type="np", **settings)
    return {"video": torch.from_numpy(result.frames[0]), "audio": result.audio[0]}


def heard(video: Path) -> numpy.ndarray:
    """The loudness [2 sides, 2 halves] of an MP4's sound."""
    command = ["ffmpeg", "-v", "error", "-i", str(video), "-f", "f32le", "-"]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    wave = numpy.frombuffer(made, numpy.float32).reshape(-1, 2).T
    halves = wave[:, : wave.shape[1] // 2 * 2].reshape(2, 2, -1)
    return numpy.sqrt((halves**2).mean(-1))


def main() -> int:
    parser = parser_of(__doc__)
    parser.add_argument("--steps", type=int, default=3, help="of the comparison")
    arguments = parser.parse_args()
    program = arguments.program
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        got = program_run(program, MOVING, folder, f"--steps={arguments.steps}", "--dtype=float32")
        for name, want in reference_run(arguments.steps).items():
            row = compare(name, got[name].reshape(want.shape), want, TOLERANCE)
            print(row)
            checks.expect(row.ok, str(row))
        program_run(program, MOVING, folder)
        left, right = heard(folder / "video.mp4")
        loudness = f"left {left.round(3)}, right {right.round(3)}"
        print(f"{MOVING}: {loudness}")
        checks.expect(left[0] > HEARD and right[1] > HEARD, f"a moving object: {loudness}")
        checks.expect(left[0] > right[0] and right[1] > left[1], loudness)
        program_run(program, STILL, folder)
        loudest = heard(folder / "video.mp4").max()
        print(f"{STILL}: {loudest:.3f}")
        checks.expect(loudest < UNHEARD, f"an object that stays still: {loudest:.3f}")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
