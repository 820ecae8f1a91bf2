#!/usr/bin/env python3
"""Writes a random checkpoint of the published sizes, tensor by tensor, so that it never is in memory.

usage: full_checkpoint.py FOLDER [--family hunyuan15|ltx2] [--sizes full|tiny] [--device cuda|cpu] [--seed N] [--layers N] [--text-layers N]

Weights are drawn for each tensor from a seed of its own: N(0, gain^2 / fan-in), norms 1 +- 0.2, biases small. Nothing is
constant or zero: kernels take such values faster than real ones. The tokenizers are the small ones of the test data.
"""

import argparse
import json
import re
import shutil
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import torch

from checkpoint_families import FAMILIES
from shapes import Config, Shapes

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "reference"))
from random_weights import EMBEDDING_PATTERN, NORM_PATTERN  # noqa: E402

SHARD_BYTES = 4 << 30
# As the published files are stored.
DTYPE, DTYPE_NAME = torch.bfloat16, "BF16"


def drawn(name: str, shape: tuple[int, ...], gains: dict[str, float], seed: int, device: str) -> torch.Tensor:
    generator = torch.Generator(device).manual_seed(seed * 2**32 + zlib.crc32(name.encode()))
    noise = torch.randn(shape, generator=generator, device=device, dtype=torch.float32)
    gain = 1.0
    for pattern, value in gains.items():
        if re.search(pattern, name):
            gain = value
    if NORM_PATTERN.search(name):
        return noise.mul_(0.2).add_(1.0)
    if EMBEDDING_PATTERN.search(name):
        return noise.mul_(gain)
    if len(shape) < 2:
        return noise.mul_(0.15 * gain)
    return noise.mul_(gain / (noise[0].numel() ** 0.5))


def elements(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def shards(shapes: Shapes) -> Iterator[list[str]]:
    names: list[str] = []
    total = 0
    for name in sorted(shapes):
        size = elements(shapes[name]) * DTYPE.itemsize
        if names and total + size > SHARD_BYTES:
            yield names
            names, total = [], 0
        names.append(name)
        total += size
    yield names


def write_header(file: BinaryIO, names: list[str], shapes: Shapes) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name in names:
        end = offset + elements(shapes[name]) * DTYPE.itemsize
        header[name] = {"dtype": DTYPE_NAME, "shape": list(shapes[name]), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)


def write_component(folder: Path, component: str, config: Config, shapes: Shapes, gains: dict[str, float], seed: int, device: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    base = "model" if component.startswith("text_encoder") else "diffusion_pytorch_model"
    parts = list(shards(shapes))
    weight_map = {}
    for index, names in enumerate(parts, 1):
        single = len(parts) == 1
        file_name = f"{base}.safetensors" if single else f"{base}-{index:05d}-of-{len(parts):05d}.safetensors"
        weight_map |= dict.fromkeys(names, file_name)
        with (folder / file_name).open("wb") as file:
            write_header(file, names, shapes)
            for name in names:
                tensor = drawn(f"{component}.{name}", shapes[name], gains, seed, device).to(DTYPE)
                file.write(memoryview(tensor.flatten().view(torch.uint8).cpu().numpy()))
    if len(parts) > 1:
        total = sum(elements(shape) for shape in shapes.values()) * DTYPE.itemsize
        text = json.dumps({"metadata": {"total_size": total}, "weight_map": weight_map}, indent=1)
        (folder / f"{base}.safetensors.index.json").write_text(text + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", choices=["full", "tiny"], default="full")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--family", choices=FAMILIES, default="hunyuan15")
    parser.add_argument("--layers", type=int, help="blocks of the transformer, where disk is short")
    parser.add_argument("--text-layers", type=int, help="layers of LTX-2's text encoder, likewise")
    arguments = parser.parse_args()
    family = FAMILIES[arguments.family]
    wanted = family.configs(arguments.sizes, arguments.layers, arguments.text_layers)
    shapes = {name: family.shapes(name, config, arguments.sizes) for name, config in wanted.items()}
    total = sum(elements(shape) for one in shapes.values() for shape in one.values()) * DTYPE.itemsize
    arguments.folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(arguments.folder).free
    if free < total + (1 << 30):
        print(f"full_checkpoint.py: {total / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free in {arguments.folder}", file=sys.stderr)
        return 1
    for entry in family.fixture.iterdir():
        if entry.name in family.components:
            continue
        target = arguments.folder / entry.name
        shutil.copytree(entry, target, dirs_exist_ok=True) if entry.is_dir() else shutil.copy(entry, target)
    for name, config in wanted.items():
        write_component(arguments.folder / name, name, config, shapes[name], family.gains, arguments.seed, arguments.device)
    print(json.dumps({"bytes": total, "parameters": total // DTYPE.itemsize}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
