"""Runs kinema and other programs with a time limit, ending everything they have started."""

import json
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measured import Failure

Metrics = dict[str, Any]


@dataclass(frozen=True)
class Finished:
    status: int
    output: str
    seconds: float


def run(command: list[str], limit: float, environment: dict[str, str] | None = None) -> Finished:
    """Waits for the command, at most `limit` seconds; then its whole process group is ended."""
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        raise Failure(f"{Path(command[0]).name} did not end within {limit:.0f} s", {"output": output[-2000:]}) from None
    return Finished(process.returncode, output, time.monotonic() - start)


def must(command: list[str], limit: float, environment: dict[str, str] | None = None) -> Finished:
    """The same; a status other than 0 is a failure that carries the end of the output."""
    finished = run(command, limit, environment)
    if finished.status != 0:
        lines = finished.output.strip().splitlines() or [""]
        told = next((line for line in lines if line.startswith("error")), lines[-1])
        raise Failure(f"{Path(command[0]).name} ended with status {finished.status}: {told}", {"output": finished.output[-2000:]})
    return finished


@dataclass(frozen=True)
class Generated:
    metrics: Metrics
    tensors: dict[str, Any]
    seconds: float


def generate(program: Path, flags: list[str], limit: float, tensors: bool = False) -> Generated:
    """`kinema generate` with PNG frames, which every build can write; its metrics and, if wanted, its tensors."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        command = [str(program), "generate", *flags, f"--frames-dir={out / 'frames'}", f"--metrics={out / 'metrics.json'}", "--progress=none"]
        if tensors:
            command.append(f"--save-tensors={out / 'tensors.safetensors'}")
        finished = must(command, limit)
        metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
        found: dict[str, Any] = {}
        if tensors:
            from safetensors.torch import load_file

            found = load_file(out / "tensors.safetensors")
        return Generated(metrics, found, finished.seconds)
