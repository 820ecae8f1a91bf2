"""What all parts of a check need to know."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diffusers_client import Diffusers
from measured import Clock, Skip
from program import Started

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
CASES = REPOSITORY / "tests" / "data" / "hunyuan15"
# The reference tools know cases and how to compare tensors.
sys.path.insert(0, str(REPOSITORY / "tests" / "reference"))

PROMPT = 'A red fox runs past a sign that says "Open 24h", slow camera, realistic'


@dataclass(frozen=True)
class Size:
    """A video to be timed."""

    width: int
    height: int
    frames: int
    steps: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}x{self.frames}"

    def flags(self) -> list[str]:
        return [f"--width={self.width}", f"--height={self.height}", f"--num-frames={self.frames}", f"--num-inference-steps={self.steps}"]


@dataclass(frozen=True)
class Subject:
    """A family's checkpoint of published sizes, or a part of it, and what is made with it."""

    family: str
    call: tuple[str, ...]
    sizes: dict[str, dict[str, Size]]  # "full" or "tiny", then by what they are for
    layers: int | None = None  # of the transformer, where not all are there
    checkpoint_flags: tuple[str, ...] = ()


HUNYUAN15 = Subject(
    "hunyuan15",
    (f"--prompt={PROMPT}", "--negative-prompt=blurry", "--guidance-scale=6", "--seed=42", "--vae-tiling=off"),
    {
        "full": {"small": Size(832, 480, 33, 3), "long": Size(832, 480, 121, 3), "large": Size(1280, 720, 121, 2)},
        "tiny": {"small": Size(112, 80, 9, 3), "long": Size(112, 80, 17, 2), "large": Size(128, 96, 9, 2)},
    },
)
# The three passes that tell something with the 2.0 weights (diffusers makes a fourth, whose perturbation they do not have),
# and the frames alone: a build without FFmpeg writes no sound. A quarter of the blocks, so that a call of ten minutes has time
# for both families; steps are in proportion to the blocks.
LTX2 = Subject(
    "ltx2",
    (f"--prompt={PROMPT}", "--negative-prompt=blurry", "--seed=42", "--vae-tiling=off", "--no-audio"),
    {"full": {"small": Size(768, 512, 121, 4)}, "tiny": {"small": Size(96, 64, 17, 3)}},
    12,
    ("--layers=12", "--text-layers=6"),
)


@dataclass(frozen=True)
class Context:
    device: str  # "cuda" or "cpu"
    sizes: str  # "full" or "tiny"
    build: Path
    work: Path  # for files that are gone afterwards
    out: Path  # for files that stay: few, and none large
    clock: Clock
    diffusers: Diffusers = field(default_factory=Diffusers)
    writing: dict[str, Started] = field(default_factory=dict)  # checkpoints, by family
    dtypes: tuple[str, ...] = ("float32", "bfloat16")

    @property
    def kernels(self) -> tuple[str, ...]:
        """Ours are for GPUs."""
        return ("reference", "fused") if self.device == "cuda" else ("reference",)

    @property
    def program(self) -> Path:
        program = self.build / "kinema"
        if not program.exists():
            raise Skip(f"there is no {program}: the build part says why")
        return program

    def size(self, subject: Subject, name: str) -> Size:
        return subject.sizes[self.sizes][name]

    def checkpoint(self, subject: Subject) -> Path:
        folder = self.work / "checkpoint"
        done = folder / "done"
        if not done.exists() or done.read_text(encoding="utf-8") != subject.family:
            raise Skip(f"there is no checkpoint of {subject.family}: the part that writes it says why")
        return folder / "model"

    def job(self, subject: Subject, size: Size, kernels: str = "reference") -> list[str]:
        """The flags of a timed run."""
        own = [f"--device={self.device}", "--dtype=bfloat16", f"--kernels={kernels}"]
        return [f"--model={self.checkpoint(subject)}", *subject.call, *size.flags(), *own]

    def end_everything(self) -> None:
        """What was started and still runs."""
        self.diffusers.close()
        for started in self.writing.values():
            started.kill()

    def tool(self, name: str) -> Path:
        path = self.build / "tests" / name
        if not path.exists():
            raise Skip(f"{path} was not built")
        return path


def stage_rows(metrics: dict[str, Any]) -> dict[str, Any]:
    """Seconds of one run's stages, and of a step after the first, as one row."""
    row: dict[str, Any] = {f"{name}_s": round(stage["seconds"], 3) for name, stage in metrics["stages"].items()}
    steps = metrics["stages"]["denoise"]["step_seconds"]
    row["first_step_s"] = round(steps[0], 4)
    later = sorted(steps[1:]) or steps
    row["step_s"] = round(later[len(later) // 2], 4)
    return row


def peak_rows(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """Of every stage of one run, GB: planned, of tensors, held by the allocator, taken on the device by whoever is there, and of
    the process on the host."""
    rows: list[dict[str, Any]] = []
    for name, stage in metrics["stages"].items():
        row: dict[str, Any] = {"stage": name}
        if "planned" in stage:
            row["planned"] = round(stage["planned"]["peak_bytes"] / 1e9, 2)
        for kind in ("allocated", "reserved", "device", "host"):
            if stage.get(f"peak_{kind}_bytes"):
                row[kind] = round(stage[f"peak_{kind}_bytes"] / 1e9, 2)
        rows.append(row)
    return rows
