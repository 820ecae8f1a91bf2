"""Checks that a committed case is what the reference gives today, from its files and from its
recipe."""

import filecmp
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file

from case_files import open_picture
from cases import write_checkpoint
from families import Family
from tensor_comparison import Row, compare, compare_all

# Of scale: what another CPU's kernels may do in float32 over a whole run.
RUN_TOLERANCE = 1e-5
# Random draws may differ in the last bit between vector units; then a 16-bit value may round the
# other way.
WEIGHT_TOLERANCE = {torch.float32: 1e-6, torch.float16: 1e-3, torch.bfloat16: 1e-2}


# One level of 255: sines may differ in the last bit between machines.
PIXEL_TOLERANCE = 1.01 / 255


def _pixels(path: Path) -> torch.Tensor:
    return torch.from_numpy(numpy.array(Image.open(path)))


def _is_exact(name: str) -> bool:
    return (
        "input_ids" in name
        or "mask" in name
        or name in {"sigmas", "timesteps", "image_cropped_uint8"}
    )


def check_expected(family: Family, spec: Any, directory: Path) -> list[Row]:
    """The committed tensors against a run of the reference on the committed checkpoint."""
    want = load_file(directory / "expected.safetensors")
    pipeline = family.load_pipeline(directory / "model")
    got = family.run_case(pipeline, family.settle(spec), open_picture(directory))
    rows = compare_all(got, want, RUN_TOLERANCE, exact=filter(_is_exact, want))
    rows += [
        Row(name, float("nan"), 0.0, "not in the committed file")
        for name in sorted(set(got) - set(want))
    ]
    return rows


def check_checkpoint(family: Family, spec: Any, directory: Path) -> list[Row]:
    """The committed checkpoint against one made anew from the recipe."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "case"
        write_checkpoint(family, family.settle(spec), fresh)
        rows = []
        for path in sorted(p for p in fresh.rglob("*") if p.is_file()):
            committed = directory / path.relative_to(fresh)
            name = str(path.relative_to(fresh))
            if not committed.exists():
                rows.append(Row(name, float("nan"), 0.0, "missing"))
            elif path.suffix == ".safetensors":
                want = load_file(committed)
                tolerance = WEIGHT_TOLERANCE[next(iter(want.values())).dtype]
                worst = max(
                    compare_all(load_file(path), want, tolerance),
                    key=lambda row: (not row.ok, row.error),
                )
                rows.append(replace(worst, name=f"{name}: {worst.name}"))
            elif path.suffix == ".png":
                rows.append(compare(name, _pixels(path), _pixels(committed), PIXEL_TOLERANCE))
            elif not filecmp.cmp(path, committed, shallow=False):
                rows.append(Row(name, float("nan"), 0.0, "differs"))
        return rows
