#!/usr/bin/env python3
"""Measures what streaming a model's blocks costs over sizes: a Markdown table of each block's computing,
gather and exposed time, the overlap, and peaks beside the planned ones, with whole weights and streamed.

profile_resolutions.py --model M --sizes 384x256x9 640x384x33 --layout="--cfg-parallel-size 2" \\
    --stream="--use-hsdp --hsdp-shard-size 2" [--program build/release/kinema] [--flags="--dtype bfloat16"]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Size:
    width: int
    height: int
    frames: int

    @classmethod
    def parse(cls, text: str) -> "Size":
        width, height, frames = (int(part) for part in text.split("x"))
        return cls(width, height, frames)

    def flags(self) -> list[str]:
        return [f"--width={self.width}", f"--height={self.height}", f"--num-frames={self.frames}"]

    def __str__(self) -> str:
        return f"{self.width}×{self.height}, {self.frames} frames"


@dataclass(frozen=True)
class Measured:
    """One run; seconds are means over steps, blocks and ranks, bytes of the rank that has most."""

    tokens: int
    step: float
    compute: float
    gather: float
    exposed: float
    overlap: float
    planned: int
    peak: int


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def block_seconds(trace: dict[str, Any]) -> float:
    spans = [span for span in trace["traceEvents"] if span["ph"] == "X" and span["cat"] == "compute"]
    return mean([span["dur"] * 1e-6 for span in spans if span["name"].startswith("transformer block")])


def peak_of(stage: dict[str, Any]) -> int:
    """Of the device where there is one, else of the process."""
    return stage.get("peak_reserved_bytes") or stage["peak_host_bytes"]


def run(arguments: argparse.Namespace, size: Size, extra: list[str]) -> Measured:
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        command = [str(arguments.program), "generate", f"--model={arguments.model}", "-p", arguments.prompt]
        command += [*size.flags(), f"--num-inference-steps={arguments.steps}", "--seed=1"]
        # Frames can be written by a build without FFmpeg too.
        command += ["--progress=none", f"--frames-dir={out / 'frames'}"]
        command += [f"--metrics={out / 'metrics.json'}", f"--trace={out / 'trace.json'}"]
        done = subprocess.run([*command, *arguments.layout, *arguments.flags, *extra], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip().splitlines()[0] if done.stderr.strip() else f"status {done.returncode}")
        metrics = json.loads((out / "metrics.json").read_text())
        compute = block_seconds(json.loads((out / "trace.json").read_text()))
    stages = [rank["stages"]["denoise"] for rank in metrics["ranks"]]
    streams = [stage["streams"]["transformer"] for stage in stages if "streams" in stage]
    every = lambda key: [value for stream in streams for value in stream[key]]  # noqa: E731
    # The first step waits for what a loop has behind it.
    steps = [seconds for stage in stages for seconds in stage["step_seconds"][1:] or stage["step_seconds"]]
    return Measured(
        metrics["tokens"],
        mean(steps),
        compute,
        mean(every("block_fetch_seconds")),
        mean(every("block_exposed_seconds")),
        mean([stream["overlap"] for stream in streams]) if streams else 1.0,
        max(stage["planned"]["peak_bytes"] for stage in stages),
        max(peak_of(stage) for stage in stages),
    )


def row(size: Size, whole: Measured, streamed: Measured) -> str:
    ms = lambda seconds: f"{seconds * 1e3:.3g}"  # noqa: E731
    gigabytes = lambda one: f"{one.planned / 1e9:.2f} / {one.peak / 1e9:.2f}"  # noqa: E731
    cells = [size, whole.tokens, f"{whole.step:.3g} / {streamed.step:.3g}"]
    cells += [f"{ms(whole.compute)} / {ms(streamed.compute)}", ms(streamed.gather), ms(streamed.exposed)]
    cells += [f"{100 * streamed.overlap:.0f} %", gigabytes(whole), gigabytes(streamed)]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


HEAD = """\
| size | video tokens | step, s: whole / streamed | block computes, ms | gather, ms | waited for, ms | hidden \
| peak whole, GB: planned / measured | peak streamed |
|---|---|---|---|---|---|---|---|---|"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "release" / "kinema")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--sizes", type=Size.parse, nargs="+", required=True, metavar="WIDTHxHEIGHTxFRAMES")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--prompt", default="a red fox runs past a sign")
    for name, help_text in {
        "layout": "flags of both runs that say how the work is shared",
        "stream": "flags of the second run that stream its blocks",
        "flags": "further flags of both runs",
    }.items():
        parser.add_argument(f"--{name}", default="", help=help_text + ', in one argument: ="--use-hsdp ..."')
    arguments = parser.parse_args()
    arguments.layout, arguments.flags = arguments.layout.split(), arguments.flags.split()
    failed = 0
    print(HEAD)
    for size in arguments.sizes:
        try:
            print(row(size, run(arguments, size, []), run(arguments, size, arguments.stream.split())), flush=True)
        except RuntimeError as error:  # a size that does not fit must not hide the others
            failed += 1
            print(f"| {size} | {error} |" + " |" * 7, flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
