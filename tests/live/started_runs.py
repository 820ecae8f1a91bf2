"""Runs of a tiny case that are under way and can be disturbed: of one process that forks the ranks,
or of a process for each rank."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from launcher_variables import Variables, free_port, torchrun_variables
from layout_runs import Layout
from live_checks import DATA, Checks
from marked_processes import VARIABLE, end_all, new_mark, processes_of

from kinema_program import generate_arguments, read_case

LAYOUT = Layout(cfg=2, ulysses=2, vae=4)
RANKS = LAYOUT.ranks
CASE = DATA / "hunyuan15" / "t2v"
PATIENCE = 300  # seconds for a whole run
LONG_RUN = 500  # steps

# Environments of a run's processes: one that forks the ranks, or every rank's by itself.
Environments = list[Variables]
FORKED: Environments = [{}]


def placed() -> Environments:
    """As torchrun starts them."""
    port = free_port()
    return [torchrun_variables(rank, RANKS, port) for rank in range(RANKS)]


@dataclass(frozen=True)
class Way:
    """How the ranks are started."""

    name: str
    command: list[str]  # in front of the verb
    environments: Callable[[], Environments] = lambda: FORKED
    # Whether the exit code of what is started is the failing rank's.
    own_code: bool = True


def forked(program: Path) -> Way:
    return Way("forked", [str(program)])


def torchrun(program: Path) -> Way:
    return Way("torchrun", [str(program)], placed)


def mpirun(program: Path) -> Way:
    launcher = ["mpirun", "-n", str(RANKS), "--allow-run-as-root", "--oversubscribe"]
    command = [*launcher, "-x", "MASTER_PORT", str(program)]
    return Way("mpirun", command, lambda: [{"MASTER_PORT": free_port()}], own_code=False)


@dataclass
class Started:
    """A run under way in a folder of its own."""

    processes: list["subprocess.Popen[str]"]
    mark: str
    out: Path

    @property
    def process(self) -> "subprocess.Popen[str]":
        return self.processes[0]

    def until_denoising(self) -> None:
        """Waits until some steps are done."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if '"denoise"' in line and '"step":3' in line.replace(" ", ""):
                return

    def messages(self, checks: Checks, name: str) -> str | None:
        """What all have said when all have ended; nothing if they do not end by themselves."""
        try:
            # What one has to say fits into its pipe.
            said = [process.communicate(timeout=PATIENCE)[1] for process in self.processes]
        except subprocess.TimeoutExpired:
            end_all(self.mark)
            checks.expect(False, f"{name}: did not end in {PATIENCE} s")
            return None
        return "".join(said)

    def left(self) -> tuple[list[int], list[str]]:
        """Processes and files; ends the processes."""
        found = processes_of(self.mark), sorted(path.name for path in self.out.iterdir())
        end_all(self.mark)
        return found

    def expect_nothing_left(self, checks: Checks, name: str) -> None:
        processes, files = self.left()
        checks.expect(not processes, f"{name}: left processes {processes}")
        checks.expect(not files, f"{name}: left files {files}")


def errors_of(messages: str) -> list[str]:
    return [line for line in messages.splitlines() if line.startswith("error:")]


def start(
    way: Way,
    out: Path,
    steps: int | None,
    fault: str,
    *flags: str,
    layout: Layout = LAYOUT,
    case_dir: Path = CASE,
) -> Started:
    """Writes to `out`; without `steps` as many as the case has."""
    names = [flag.partition("=")[0] for flag in flags]
    case = read_case(case_dir)
    case["num_inference_steps"] = steps or case["num_inference_steps"]
    arguments = [
        argument
        for argument in generate_arguments(case_dir, case, True, out)
        if argument.partition("=")[0] not in ["--save-tensors", "--metrics", *names]
    ]
    mark = new_mark()
    environment = {**os.environ, VARIABLE: mark, **({"KINEMA_FAULT": fault} if fault else {})}
    command = [*way.command, "generate", *arguments, *layout.flags(), "--threads=1", *flags]
    processes = [
        subprocess.Popen(
            command,
            env=environment | more,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for more in way.environments()
    ]
    return Started(processes, mark, out)
