"""Writes and opens the files of a case: CASE_DIR/{case.json, expected.safetensors, image.png,
model/...}."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file


@dataclass(frozen=True)
class Storage:
    """Form of one component's weight files."""

    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    max_shard_size: str = "1GB"


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


def open_picture(directory: Path) -> Image.Image | None:
    path = directory / "image.png"
    return Image.open(path) if path.exists() else None


def save_components(pipeline: Any, storage_of: Callable[[str], Storage], directory: Path) -> None:
    """Writes a pipeline part by part in the form of each; the modules keep float32 values in
    memory."""
    pipeline.save_config(directory)
    for name, component in pipeline.components.items():
        if isinstance(component, torch.nn.Module):
            storage = storage_of(name)
            component.to(getattr(torch, storage.dtype)).save_pretrained(
                directory / name, max_shard_size=storage.max_shard_size
            )
            component.to(torch.float32)
        elif component is not None:
            component.save_pretrained(directory / name)


def replace_checkpoint(
    directory: Path, save: Callable[[Path], None], image: Image.Image | None
) -> None:
    """Replaces `directory` by a checkpoint that `save` writes, and its picture."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    save(directory / "model")
    if image is not None:
        image.save(directory / "image.png")
    for path in directory.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def write_expected(
    directory: Path, tensors: Mapping[str, torch.Tensor], case: dict[str, Any]
) -> None:
    """Writes what the reference computed, and the call."""
    contiguous = {name: tensor.contiguous() for name, tensor in sorted(tensors.items())}
    save_file(contiguous, directory / "expected.safetensors")
    (directory / "expected.safetensors").chmod(0o644)
    text = json.dumps(case, indent=2, ensure_ascii=False)
    (directory / "case.json").write_text(text + "\n", encoding="utf-8")
