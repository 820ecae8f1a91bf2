#!/usr/bin/env python3
"""Every shipped HunyuanVideo model loads in diffusers and gives there the frames that the program gives.

shipped.py PROGRAM [--steps N]

Without --model the program takes the text-to-video model, and with a picture its image-to-video twin; so it is called here.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from live_checks import REPOSITORY, Checks, parser_of

import reference_environment  # noqa: F401

import torch
from diffusers import DiffusionPipeline
from PIL import Image, ImageDraw
from safetensors.torch import load_file

from tensor_comparison import compare

MODELS = REPOSITORY / "configs" / "models"
PROMPT = "a yellow star moves right over a dark blue background"
SEED = 7
TOLERANCE = 1e-4


def draw_picture(path: Path) -> None:
    """Not quite what the models were trained on: other colours, other shape, and of another size."""
    picture = Image.new("RGB", (150, 144), (20, 30, 90))
    ImageDraw.Draw(picture).regular_polygon((60, 72, 26), 5, fill=(250, 210, 40))
    picture.save(path)


def reference_video(model: Path, picture: Path | None, steps: int) -> torch.Tensor:
    """[F, H, W, 3] in 0…1."""
    settings = json.loads((model / "kinema.json").read_text(encoding="utf-8"))
    pipeline = DiffusionPipeline.from_pretrained(model, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    what = (
        {"image": Image.open(picture)}
        if picture
        else {key: settings[key] for key in ["width", "height"]}
    )
    frames = pipeline(
        prompt=PROMPT,
        num_frames=settings["num_frames"],
        num_inference_steps=steps,
        generator=torch.Generator().manual_seed(SEED),
        output_type="np",
        **what,
    ).frames[0]
    return torch.from_numpy(frames)


def program_video(
    program: Path, picture: Path | None, steps: int, folder: Path, checks: Checks, model: str
) -> torch.Tensor | None:
    """What the program makes with the model it takes by itself."""
    store = folder / "tensors.safetensors"
    command = [str(program), "generate", f"--prompt={PROMPT}", f"--seed={SEED}", f"--steps={steps}"]
    command += ["--threads=1", f"--save-tensors={store}", f"--output={folder / 'video.mp4'}"]
    if picture:
        command.append(f"--image={picture}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not checks.expect(done.returncode == 0, f"{model}: {done.stderr}"):
        return None
    checks.expect(f"note: model {model} (" in done.stderr, f"not {model}: {done.stderr}")
    return load_file(store)["video"]


def stored_once(model: Path, base: Path, checks: Checks) -> None:
    """What equals the other model's file is a link to it."""
    for file in sorted(model.rglob("*")):
        twin = base / file.relative_to(model)
        if file.is_file() and file.suffix != ".md" and twin.is_file():
            same = file.read_bytes() == twin.read_bytes()
            linked = file.resolve() == twin.resolve()
            checks.expect(same == linked, f"{file}: stored twice")


def main() -> int:
    parser = parser_of(__doc__)
    parser.add_argument("--steps", type=int, default=3)
    arguments = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        picture = Path(scratch) / "picture.png"
        draw_picture(picture)
        for name, image in [("shapes", None), ("shapes-i2v", picture)]:
            folder = Path(scratch) / name
            folder.mkdir()
            got = program_video(arguments.program, image, arguments.steps, folder, checks, name)
            want = reference_video(MODELS / name, image, arguments.steps)
            row = compare(name, got, want, TOLERANCE)
            print(row)
            checks.expect(row.ok, str(row))
        stored_once(MODELS / "shapes-i2v", MODELS / "shapes", checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
