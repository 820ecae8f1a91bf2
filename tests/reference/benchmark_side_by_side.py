#!/usr/bin/env python3
"""Runs Kinema and diffusers on the same CPU, checkpoint, call and noise and prints their figures
side by side.

Both run in float32 with the same number of threads, one process after the other, alternating, and
each run is a fresh process. Figures are medians over the runs with the lowest and highest. Nothing
else should run meanwhile.

This process imports neither torch nor diffusers: the kernel counts the memory of the process that
starts another one towards the other one's peak.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from kinema_program import DEFAULT_PROGRAM, generate_arguments, read_case, run_program

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Figures:
    """Seconds of one run. `start` is what passes before the first stage; weights may be loaded
    inside other stages."""

    start: float
    load: float
    encode_text: float
    step: float
    decode: float
    whole: float
    peak_mib: float


ROWS = {
    "start": "process start, imports (s)",
    "load": "load weights (s)",
    "encode_text": "encode prompts (s)",
    "step": "one denoising step (s)",
    "decode": "decode (s)",
    "whole": "whole run (s)",
    "peak_mib": "peak resident memory (MiB)",
}


def kinema_figures(metrics_path: Path, whole: float, peak_bytes: int) -> Figures:
    """Reads the file of --metrics: an object `stages` of {name: {seconds, step_seconds}}. Kinema
    loads its text encoders within encode_text; `load` is the transformer and the VAE."""
    stages = json.loads(metrics_path.read_text(encoding="utf-8"))["stages"]
    seconds = {name: stage["seconds"] for name, stage in stages.items()}
    return Figures(
        start=whole - sum(seconds.values()),
        load=seconds.get("load", 0.0),
        encode_text=seconds["encode_text"],
        step=statistics.median(stages["denoise"]["step_seconds"]),
        decode=seconds["decode"],
        whole=whole,
        peak_mib=peak_bytes / 2**20,
    )


def run_kinema(program: Path, case_dir: Path, threads: int) -> Figures:
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        flags = [
            flag
            for flag in generate_arguments(case_dir, read_case(case_dir), tiled=False, out=out)
            if not flag.startswith("--save-tensors")
        ]
        finished = run_program([str(program), "generate", *flags, f"--threads={threads}"])
        if finished.status != 0:
            raise SystemExit(f"{finished.messages}\nkinema ended with status {finished.status}")
        return kinema_figures(out / "metrics.json", finished.seconds, finished.peak_bytes)


def run_diffusers(case_dir: Path, threads: int) -> Figures:
    with tempfile.NamedTemporaryFile("r", suffix=".json") as out:
        command = [
            sys.executable,
            str(HERE / "benchmark_diffusers.py"),
            str(case_dir),
            str(time.time()),
            out.name,
        ]
        finished = run_program(command, {"OMP_NUM_THREADS": str(threads)})
        if finished.status != 0:
            raise SystemExit(f"{finished.messages}\ndiffusers ended with status {finished.status}")
        found = json.load(out)
    return Figures(
        start=found["start"],
        load=found["load"],
        encode_text=found["encode_text"],
        step=statistics.median(found["step_seconds"]),
        decode=found["decode"],
        whole=finished.seconds,
        peak_mib=finished.peak_bytes / 2**20,
    )


def summary(runs: list[Figures], name: str) -> str:
    values = [getattr(run, name) for run in runs]
    form = ".0f" if name == "peak_mib" else ".3f"
    return f"{statistics.median(values):{form}} ({min(values):{form}}-{max(values):{form}})"


def print_table(kinema: list[Figures], diffusers: list[Figures]) -> None:
    print(f"{'':28s} {'Kinema':>26s} {'diffusers':>26s} {'ratio':>7s}")
    for name, label in ROWS.items():
        medians = [
            statistics.median(getattr(run, name) for run in runs) for runs in (kinema, diffusers)
        ]
        ratio = f"{medians[0] / medians[1]:.2f}" if medians[1] > 0 else "-"
        print(
            f"{label:28s} {summary(kinema, name):>26s} {summary(diffusers, name):>26s} {ratio:>7s}"
        )


def make_checkpoint(case_dir: Path, size_flags: list[str]) -> None:
    command = [sys.executable, str(HERE / "benchmark_checkpoint.py"), str(case_dir), *size_flags]
    finished = run_program(command)
    if finished.status != 0:
        raise SystemExit(finished.messages)


def describe(case_dir: Path, threads: int, runs: int) -> str:
    case = read_case(case_dir)
    sizes = case["checkpoint"]["transformer"]
    width = sizes["num_attention_heads"] * sizes["attention_head_dim"]
    return (
        f"{case['width']}x{case['height']}, {case['num_frames']} frames, "
        f"{case['num_inference_steps']} steps, width {width}, {sizes['num_layers']} layers, "
        f"{threads} threads, {runs} runs"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Other flags (--heads, --layers, --height, ...): those of benchmark_checkpoint.py.",
    )
    parser.add_argument(
        "--kinema", type=Path, default=DEFAULT_PROGRAM, help="the program [%(default)s]"
    )
    parser.add_argument("--runs", type=int, default=3, help="[%(default)s]")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="[%(default)s]")
    arguments, size_flags = parser.parse_known_args()
    if not arguments.kinema.exists():
        parser.error(f"there is no program at {arguments.kinema}")
    kinema: list[Figures] = []
    diffusers: list[Figures] = []
    with tempfile.TemporaryDirectory() as scratch:
        case_dir = Path(scratch) / "case"
        make_checkpoint(case_dir, size_flags)
        for _ in range(arguments.runs):
            kinema.append(run_kinema(arguments.kinema, case_dir, arguments.threads))
            diffusers.append(run_diffusers(case_dir, arguments.threads))
        print(describe(case_dir, arguments.threads, arguments.runs))
    print_table(kinema, diffusers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
