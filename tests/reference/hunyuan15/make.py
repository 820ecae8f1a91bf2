"""Writes one case: CASE_DIR/{case.json, expected.safetensors, image.png, model/...}."""

import json
import shutil
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file

from hunyuan15.checkpoint import build_pipeline, save_pipeline
from hunyuan15.run import load_pipeline, run_recorded, run_tiled
from hunyuan15.spec import CaseSpec


def picture(height: int, width: int, seed: int) -> Image.Image:
    """A smooth coloured picture with hard edges, so that resampling and cropping both show."""
    generator = numpy.random.Generator(numpy.random.PCG64(seed))
    rows, columns = numpy.mgrid[0:height, 0:width]
    phase = generator.uniform(0, 6.28, 3)
    waves = [numpy.sin(rows / (3.1 + c) + phase[c]) + numpy.cos(columns / (4.7 - c)) for c in range(3)]
    pixels = numpy.stack(waves, -1) * 55 + 128 + generator.uniform(-15, 15, (height, width, 3))
    pixels[height // 4 : height // 2, width // 3 : width // 2] = [230, 40, 90]
    return Image.fromarray(numpy.clip(pixels, 0, 255).astype(numpy.uint8), "RGB")


def make_case(spec: CaseSpec, directory: Path) -> None:
    """Replaces `directory` by the case; the reference runs from the files just written."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    save_pipeline(build_pipeline(spec), spec, directory / "model")
    image = None
    if spec.call.picture_size:
        picture(*spec.call.picture_size, spec.call.seed).save(directory / "image.png")
        image = Image.open(directory / "image.png")
    pipeline = load_pipeline(directory / "model")
    tensors = run_recorded(pipeline, spec.call, image)
    tensors |= run_tiled(pipeline, spec.call, image, tensors)
    save_file({name: tensor.contiguous() for name, tensor in sorted(tensors.items())}, directory / "expected.safetensors")
    text = json.dumps(spec.as_json(), indent=2, ensure_ascii=False)
    (directory / "case.json").write_text(text + "\n", encoding="utf-8")
