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

    def last_line(self) -> str:
        """The last words of what failed; one that was killed may have said nothing."""
        lines = self.output.strip().splitlines()
        return lines[-1][-200:] if lines else f"it said nothing and ended with status {self.status}"


@dataclass(frozen=True)
class Started:
    command: list[str]
    process: "subprocess.Popen[str]"
    start: float

    def kill(self) -> None:
        """With everything that it has started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def name(self) -> str:
        """Of the script rather than of its interpreter."""
        return next((Path(part).name for part in self.command if part.endswith(".py")), Path(self.command[0]).name)


def begin(command: list[str]) -> Started:
    """Its output is read by `end`; a command that says much must not be left alone for long."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    return Started(command, process, time.monotonic())


def wait(started: Started, limit: float) -> Finished:
    """At most `limit` seconds; then its whole process group is ended."""
    process = started.process
    try:
        output, _ = process.communicate(timeout=limit)
    except KeyboardInterrupt:
        started.kill()
        raise
    except subprocess.TimeoutExpired:
        started.kill()
        output = rest_of(process)
        raise Failure(f"{started.name()} did not end within {limit:.0f} s", {"output": output[-2000:]}) from None
    return Finished(process.returncode, output, time.monotonic() - started.start)


def rest_of(process: "subprocess.Popen[str]") -> str:
    """What a killed process has said; a driver may hold it back for longer than there is time."""
    try:
        return process.communicate(timeout=10)[0]
    except subprocess.TimeoutExpired:
        return ""


def end(started: Started, limit: float) -> Finished:
    """The same; a status other than 0 is a failure that carries the end of the output."""
    finished = wait(started, limit)
    if finished.status != 0:
        told = next((line for line in finished.output.splitlines() if line.startswith("error")), finished.last_line())
        raise Failure(f"{started.name()} ended with status {finished.status}: {told}", {"output": finished.output[-2000:]})
    return finished


def run(command: list[str], limit: float) -> Finished:
    return wait(begin(command), limit)


def must(command: list[str], limit: float) -> Finished:
    """A status other than 0 is a failure."""
    return end(begin(command), limit)


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
