"""Writes one case: CASE_DIR/{case.json, expected.safetensors, image.png, model/...}."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy
import torch
from diffusers.pipelines.hunyuan_video1_5.image_processor import HunyuanVideo15ImageProcessor
from PIL import Image
from safetensors.torch import save_file

from hunyuan15.checkpoint import build_pipeline, save_pipeline
from hunyuan15.checks import case_problems
from hunyuan15.networks import Pipeline
from hunyuan15.record import Tensors
from hunyuan15.run import load_pipeline, run_recorded, run_tiled
from hunyuan15.spec import CaseSpec


def picture(height: int, width: int, seed: int) -> Image.Image:
    """A smooth coloured picture with hard edges, so that resampling and cropping both show."""
    generator = numpy.random.Generator(numpy.random.PCG64(seed))
    rows, columns = numpy.mgrid[0:height, 0:width]
    phase = generator.uniform(0, 6.28, 3)
    waves = [
        numpy.sin(rows / (3.1 + c) + phase[c]) + numpy.cos(columns / (4.7 - c)) for c in range(3)
    ]
    pixels = numpy.stack(waves, -1) * 55 + 128 + generator.uniform(-15, 15, (height, width, 3))
    pixels[height // 4 : height // 2, width // 3 : width // 2] = [230, 40, 90]
    return Image.fromarray(numpy.clip(pixels, 0, 255).astype(numpy.uint8))


def settle_size(spec: CaseSpec) -> CaseSpec:
    """With a picture the reference chooses height and width itself: the call says what it will
    choose."""
    if spec.call.picture_size is None:
        return spec
    height, width = HunyuanVideo15ImageProcessor().calculate_default_height_width(
        *spec.call.picture_size, spec.transformer.target_size
    )
    return replace(spec, call=replace(spec.call, height=int(height), width=int(width)))


def open_picture(directory: Path) -> Image.Image | None:
    path = directory / "image.png"
    return Image.open(path) if path.exists() else None


def run_case(pipeline: Pipeline, spec: CaseSpec, directory: Path) -> Tensors:
    """Every tensor of the case as diffusers computes it now."""
    image = open_picture(directory)
    tensors = run_recorded(pipeline, spec.call, image)
    return tensors | run_tiled(pipeline, spec.call, image, tensors)


def write_checkpoint(spec: CaseSpec, directory: Path) -> None:
    """Replaces `directory` by the case's checkpoint and picture."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    save_pipeline(build_pipeline(spec), spec, directory / "model")
    if spec.call.picture_size:
        picture(*spec.call.picture_size, spec.weight_seed).save(directory / "image.png")
    for path in directory.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def make_case(
    spec: CaseSpec, directory: Path, report: Callable[[str], None] | None = None
) -> list[str]:
    """Makes the case; the reference runs from the files just written.

    Returns what makes it a weak test if `report` is given (some ten further runs), else nothing.
    """
    spec = settle_size(spec)
    write_checkpoint(spec, directory)
    pipeline = load_pipeline(directory / "model")
    tensors = run_case(pipeline, spec, directory)
    contiguous: dict[str, torch.Tensor] = {
        name: tensor.contiguous() for name, tensor in sorted(tensors.items())
    }
    save_file(contiguous, directory / "expected.safetensors")
    (directory / "expected.safetensors").chmod(0o644)
    text = json.dumps(spec.as_json(), indent=2, ensure_ascii=False)
    (directory / "case.json").write_text(text + "\n", encoding="utf-8")
    return (
        case_problems(pipeline, spec.call, open_picture(directory), tensors, report)
        if report
        else []
    )
