#!/usr/bin/env python3
"""Seconds from the start of a job to the end of its first step, with files in memory and without,
for each of several sets of flags in turn.

first_step.py PROGRAM [--rounds 3] "--with=--load-ahead none" "--with=--load-ahead all" -- FLAGS

FLAGS are those of `kinema generate` but for what it writes.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def forget(folder: Path) -> None:
    """Has the system drop what it holds of the files."""
    for path in folder.glob("**/*.safetensors"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def stages_of(program: Path, flags: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        metrics = Path(scratch) / "metrics.json"
        command = [str(program), "generate", *flags, "--progress=none", "--overwrite"]
        command += [f"--frames-dir={scratch}/frames", f"--metrics={metrics}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        stages: dict[str, Any] = json.loads(metrics.read_text(encoding="utf-8"))["stages"]
        return stages


def measured(stages: dict[str, Any]) -> dict[str, float]:
    """The decoder's load comes after the last step, in the stage that the transformer's is in."""
    loads = {name: load for stage in stages.values() for name, load in stage.get("loads", {}).items()}
    decoder = loads["vae"]["exposed_seconds"]
    before = [stages[name]["seconds"] for name in ("encode_text", "encode_image", "load") if name in stages]
    ahead = sum(load["ahead_bytes"] for load in loads.values())
    cached = sum(load["cached_bytes"] for load in loads.values())
    return {
        "end of first step": sum(before) - decoder + stages["denoise"]["step_seconds"][0],
        "texts": stages["encode_text"]["seconds"],
        "transformer waited for": loads["transformer"]["exposed_seconds"],
        "first step": stages["denoise"]["step_seconds"][0],
        "peak, GB": max(stage["peak_host_bytes"] for stage in stages.values()) / 1e9,
        "was in memory": cached / ahead if ahead else 1.0,
    }


def row(flags: str, files: str, runs: list[dict[str, float]]) -> str:
    cells = []
    for name in runs[0]:
        values = [run[name] for run in runs]
        cells.append(f"{name} {statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})")
    return f"{files:5s} {flags}: {', '.join(cells)}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--with", dest="sets", action="append", default=[], metavar="FLAGS")
    end = sys.argv.index("--")
    arguments = parser.parse_args(sys.argv[1:end])
    common = sys.argv[end + 1 :]
    model = Path(next(flag.split("=", 1)[1] for flag in common if flag.startswith("--model=")))
    runs: dict[tuple[str, str], list[dict[str, float]]] = {}
    for turn in range(arguments.rounds):
        # What comes first has the cooler machine.
        sets = arguments.sets if turn % 2 == 0 else arguments.sets[::-1]
        for flags in sets:
            for files in ("cold", "warm"):
                if files == "cold":
                    forget(model)
                stages = stages_of(arguments.program, [*common, *shlex.split(flags)])
                one = measured(stages)
                print(row(flags, files, [one]), file=sys.stderr, flush=True)
                runs.setdefault((flags, files), []).append(one)
    for (flags, files), of in sorted(runs.items(), key=lambda item: item[0][1]):
        print(row(flags, files, of))
    return 0


if __name__ == "__main__":
    sys.exit(main())
