"""One run of the program in one parallel layout: its degrees, its tensors, its metrics."""

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live_checks import Checks

import torch
from kinema_program import generate_arguments, read_case, run_program
from safetensors.torch import load_file

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Layout:
    """Degrees as the flags name them."""

    cfg: int = 1
    ulysses: int = 1
    ring: int = 1
    tensor: int = 1
    vae: int = 1

    @property
    def denoising(self) -> int:
        return self.cfg * self.ulysses * self.ring * self.tensor

    @property
    def ranks(self) -> int:
        return max(self.denoising, self.vae)

    def flags(self) -> list[str]:
        return [
            f"--cfg-parallel-size={self.cfg}",
            f"--ulysses-degree={self.ulysses}",
            f"--ring-degree={self.ring}",
            f"--tensor-parallel-size={self.tensor}",
            f"--vae-patch-parallel-size={self.vae}",
        ]

    def __str__(self) -> str:
        names = {"cfg": "CFG", "ulysses": "USP", "ring": "ring", "tensor": "TP", "vae": "VAEPP"}
        parts = [f"{label}{getattr(self, key)}" for key, label in names.items()]
        used = [part for part, key in zip(parts, names, strict=True) if getattr(self, key) > 1]
        return "+".join(used) or "one process"


@dataclass(frozen=True)
class Run:
    tensors: Tensors = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Tiles:
    """Whether and how the VAE works in tiles; None keeps the case's own grid."""

    size: int | None = None
    stride: int | None = None


def run_layout(
    program: Path,
    case_dir: Path,
    layout: Layout,
    tiles: Tiles | None,
    extra: Iterable[str] = (),
) -> Run:
    """Runs the case's call in `layout`, in tiles or (None) whole, one thread for each rank."""
    case = read_case(case_dir)
    if tiles is not None and tiles.size is not None:
        case["tiling"] = {"size": tiles.size, "stride": tiles.stride}
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        command = [
            str(program),
            "generate",
            *generate_arguments(case_dir, case, tiles is not None, out),
            *layout.flags(),
            "--threads=1",
            "--progress=none",
            *extra,
        ]
        finished = run_program(command)
        if finished.status != 0:
            return Run(problem=f"ended with status {finished.status}: {finished.messages.strip()}")
        return Run(
            load_file(out / "tensors.safetensors"),
            json.loads((out / "metrics.json").read_text(encoding="utf-8")),
        )


def expect_same_bits(checks: Checks, name: str, got: Run, want: Run) -> bool:
    """Whether both runs ended and made the same tensors, bit by bit."""
    problem = got.problem or want.problem
    if not checks.expect(not problem, f"{name}: {problem}"):
        return False
    same_names = got.tensors.keys() == want.tensors.keys()
    if not checks.expect(same_names, f"{name}: {list(got.tensors)}, not {list(want.tensors)}"):
        return False
    differing = [key for key in want.tensors if not torch.equal(got.tensors[key], want.tensors[key])]
    return checks.expect(not differing, f"{name}: other bits in {differing}")


def largest_difference(got: torch.Tensor, want: torch.Tensor) -> float:
    return float((got.double() - want.double()).abs().max())
