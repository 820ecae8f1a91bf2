"""What all parts of a check need to know."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measured import Clock, Skip

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
CASES = REPOSITORY / "tests" / "data" / "hunyuan15"
# The reference tools know cases and how to compare tensors.
sys.path.insert(0, str(REPOSITORY / "tests" / "reference"))


@dataclass(frozen=True)
class Size:
    """A video to be timed."""

    width: int
    height: int
    frames: int
    steps: int
    # Seconds of a step if an H200 did nothing but its multiplications: linear layers at 790 TFLOP/s,
    # attention at 700, all passes. None where nobody has counted them.
    ideal: float | None = None

    def __str__(self) -> str:
        return f"{self.width}x{self.height}x{self.frames}"

    def flags(self) -> list[str]:
        return [f"--width={self.width}", f"--height={self.height}", f"--num-frames={self.frames}", f"--num-inference-steps={self.steps}"]


SIZES = {
    "full": [Size(832, 480, 33, 4, 0.455), Size(832, 480, 121, 3, 3.656)],
    "tiny": [Size(112, 80, 9, 2), Size(112, 80, 17, 2)],
}

LARGE_SIZES = {"full": [Size(1280, 720, 121, 2, 17.35)], "tiny": [Size(128, 96, 9, 2)]}

# Of 16 of the 48 blocks.
LTX2_SIZES = {"full": [Size(768, 512, 121, 4, 1.03 / 3)], "tiny": [Size(96, 64, 17, 3)]}


@dataclass(frozen=True)
class Context:
    device: str  # "cuda" or "cpu"
    sizes: str  # "full" or "tiny"
    build: Path
    work: Path  # for files that are gone afterwards
    out: Path  # for files that stay
    clock: Clock
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

    @property
    def checkpoint(self) -> Path:
        if not (self.work / "checkpoint" / "done").exists():
            raise Skip("there is no full-size checkpoint: the checkpoint part says why")
        return self.work / "checkpoint" / "model"

    def tool(self, name: str) -> Path:
        path = self.build / "tests" / name
        if not path.exists():
            raise Skip(f"{path} was not built")
        return path


PROMPT = 'A red fox runs past a sign that says "Open 24h", slow camera, realistic'
CALL = [f"--prompt={PROMPT}", "--negative-prompt=blurry", "--guidance-scale=6", "--seed=42", "--vae-tiling=off"]

# Both kinds of guidance that the 2.0 weights honour, and the frames alone: a build without FFmpeg writes no sound.
LTX2_CALL = [f"--prompt={PROMPT}", "--negative-prompt=blurry", "--seed=42", "--vae-tiling=off", "--no-audio"]


def stage_rows(metrics: dict[str, Any]) -> dict[str, Any]:
    """Seconds and peaks of one run's stages, as one row."""
    row: dict[str, Any] = {}
    for name, stage in metrics["stages"].items():
        row[f"{name}_s"] = round(stage["seconds"], 3)
        if "peak_allocated_bytes" in stage:
            row[f"{name}_peak_GB"] = round(stage["peak_allocated_bytes"] / 1e9, 2)
    steps = metrics["stages"]["denoise"]["step_seconds"]
    row["first_step_s"] = round(steps[0], 4)
    later = sorted(steps[1:]) or steps
    row["step_s"] = round(later[len(later) // 2], 4)
    return row
