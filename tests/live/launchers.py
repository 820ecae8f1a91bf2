#!/usr/bin/env python3
"""Starts four processes as other launchers do: the video must be that of one process, and what
cannot be right must be refused with one sentence.

launchers.py PROGRAM
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from launcher_variables import (
    Variables,
    free_port,
    slurm_variables,
    torchrun_variables,
)
from layout_runs import Layout, Tiles, run_layout
from live_checks import DATA, Checks, program_of

import torch
from kinema_program import generate_arguments, read_case
from safetensors.torch import load_file

CASE = DATA / "hunyuan15" / "t2v"
LAYOUT = Layout(cfg=2, ulysses=2, vae=4)
RANKS = LAYOUT.ranks
# Far more than a run takes, far less than a timeout of the program.
PATIENCE = 120  # seconds


@dataclass(frozen=True)
class Ended:
    """How the processes of one run ended."""

    statuses: list[int]
    results: list[str]
    errors: list[str]
    notes: list[str]  # about the seed

    def __str__(self) -> str:
        return f"statuses {self.statuses}, {self.errors}"


def lines_starting(texts: list[str], start: str) -> list[str]:
    return [line for text in texts for line in text.splitlines() if line.startswith(start)]


def run_processes(command: list[str], environments: list[Variables]) -> Ended:
    """One process for each environment."""
    processes = [
        subprocess.Popen(
            command,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for variables in environments
    ]
    try:
        texts = [process.communicate(timeout=PATIENCE) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return Ended(
        [process.returncode for process in processes],
        [line for out, _ in texts for line in out.splitlines()],
        lines_starting([messages for _, messages in texts], "error:"),
        lines_starting([messages for _, messages in texts], "note: seed"),
    )


def generate_command(program: Path, out: Path, *changes: str) -> list[str]:
    return [
        str(program),
        "generate",
        *generate_arguments(CASE, read_case(CASE), True, out),
        *LAYOUT.flags(),
        "--threads=1",
        "--progress=none",
        *changes,
    ]


class Launchers:
    def __init__(self, program: Path, checks: Checks) -> None:
        self.program, self.checks = program, checks
        alone = run_layout(program, CASE, Layout(), Tiles())
        self.want = alone.tensors
        checks.expect(not alone.problem, alone.problem)

    def expect_video(self, name: str, start: Callable[[list[str]], Ended]) -> None:
        """`start` runs the command in four processes."""
        with tempfile.TemporaryDirectory() as scratch:
            ended = start(generate_command(self.program, Path(scratch)))
            well = set(ended.statuses) == {0} and not ended.errors
            if not self.checks.expect(well, f"{name}: {ended}"):
                return
            got = load_file(Path(scratch) / "tensors.safetensors")
        self.checks.expect(len(ended.results) == 1, f"{name}: results {ended.results}")
        for key in ("latents_final", "video"):
            self.checks.expect(torch.equal(got[key], self.want[key]), f"{name}: another {key}")

    def expect_refusal(
        self, name: str, words: list[str], environments: list[Variables], *changes: str
    ) -> None:
        """Every process ends with an error's code, and one sentence has all the words."""
        with tempfile.TemporaryDirectory() as scratch:
            command = generate_command(self.program, Path(scratch), *changes)
            ended = run_processes(command, environments)
            left = sorted(path.name for path in Path(scratch).iterdir())
        self.checks.expect(all(ended.statuses), f"{name}: {ended}")
        said = len(ended.errors) == 1 and all(word in ended.errors[0] for word in words)
        self.checks.expect(said, f"{name}: wanted one sentence with {words}; {ended}")
        self.checks.expect(not left, f"{name}: left {left}")


def mpirun(command: list[str]) -> Ended:
    launcher = ["mpirun", "-n", str(RANKS), "--allow-run-as-root", "--oversubscribe"]
    return run_processes(
        [*launcher, "-x", "MASTER_PORT", *command], [{"MASTER_PORT": free_port()}]
    )


def started_by(variables: Callable[[int, int, str], Variables]) -> Callable[[list[str]], Ended]:
    def start(command: list[str]) -> Ended:
        port = free_port()
        return run_processes(command, [variables(rank, RANKS, port) for rank in range(RANKS)])

    return start


def refusals(launchers: Launchers) -> None:
    port = free_port()
    ranks = [torchrun_variables(rank, RANKS, port) for rank in range(RANKS)]
    launchers.expect_refusal(
        "two processes for four ranks",
        ["torchrun", "2", "4 ranks"],
        [torchrun_variables(rank, 2, port) for rank in range(2)],
    )
    launchers.expect_refusal(
        "torchrun and Slurm disagree",
        ["RANK=1", "SLURM_PROCID=0"],
        [ranks[1] | slurm_variables(0, RANKS, port)],
    )
    launchers.expect_refusal(
        "half of torchrun's variables",
        ["WORLD_SIZE"],
        [{name: ranks[0][name] for name in ("RANK", "LOCAL_RANK")}],
    )
    launchers.expect_refusal(
        "no port",
        ["MASTER_PORT"],
        [
            {name: value for name, value in variables.items() if name != "MASTER_PORT"}
            for variables in ranks
        ],
    )
    launchers.expect_refusal("a rank that is none", ["RANK=4"], [ranks[3] | {"RANK": "4"}])


def other_settings(launchers: Launchers) -> None:
    """One process has another prompt, by the environment of a wrapper."""
    port = free_port()
    with tempfile.TemporaryDirectory() as scratch:
        wrapper = Path(scratch) / "wrapper.sh"
        wrapper.write_text('#!/bin/sh\nif [ "$RANK" = 1 ]; then set -- "$@" --crf=30; fi\nexec "$@"\n')
        wrapper.chmod(0o755)
        command = [str(wrapper), *generate_command(launchers.program, Path(scratch))]
        ended = run_processes(
            command, [torchrun_variables(rank, RANKS, port) for rank in range(RANKS)]
        )
        left = (Path(scratch) / "video.mp4").exists()
    said = len(ended.errors) == 1 and "rank 1" in ended.errors[0] and "--crf 30" in ended.errors[0]
    launchers.checks.expect(all(ended.statuses), f"other settings: {ended}")
    launchers.checks.expect(said, f"other settings: {ended}")
    launchers.checks.expect(not left, "other settings: left a video")


def without_seed(launchers: Launchers) -> None:
    """Every process draws a seed; all of them take the first one's, which alone is said."""
    port = free_port()
    with tempfile.TemporaryDirectory() as scratch:
        command = generate_command(launchers.program, Path(scratch))
        where = next(i for i, word in enumerate(command) if word.startswith("--seed"))
        del command[where : where + (1 if "=" in command[where] else 2)]
        ended = run_processes(
            command, [torchrun_variables(rank, RANKS, port) for rank in range(RANKS)]
        )
        done = (Path(scratch) / "tensors.safetensors").exists()
    launchers.checks.expect(set(ended.statuses) == {0} and done, f"without a seed: {ended}")
    launchers.checks.expect(len(ended.notes) == 1, f"without a seed: notes {ended.notes}")


def unequal_nodes(launchers: Launchers) -> None:
    """Three processes on one machine and one on another choose other numbers of threads."""
    port = free_port()
    with tempfile.TemporaryDirectory() as scratch:
        command = generate_command(launchers.program, Path(scratch))
        command.remove("--threads=1")
        places = [{"LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": "3"} for rank in range(3)]
        places.append({"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"})
        ended = run_processes(
            command,
            [torchrun_variables(rank, RANKS, port) | place for rank, place in enumerate(places)],
        )
        done = (Path(scratch) / "tensors.safetensors").exists()
    launchers.checks.expect(set(ended.statuses) == {0} and done, f"unequal nodes: {ended}")


def main() -> int:
    launchers = Launchers(program_of(__doc__), checks := Checks())
    launchers.expect_video("torchrun's variables", started_by(torchrun_variables))
    launchers.expect_video("Slurm's variables", started_by(slurm_variables))
    if shutil.which("mpirun"):
        launchers.expect_video("mpirun", mpirun)
    else:
        print("skipped: mpirun is not installed (Debian's openmpi-bin)")
    refusals(launchers)
    other_settings(launchers)
    without_seed(launchers)
    unequal_nodes(launchers)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
