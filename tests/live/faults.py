#!/usr/bin/env python3
"""Makes one of four ranks fail in each phase, of a run that forks them and of ranks that another
launcher started: everything must end soon, one sentence must name the rank and the phase, and
neither processes nor files may be left.

faults.py PROGRAM [--repeat 20] [--bound 2] [--way torchrun]
"""

import argparse
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from launcher_variables import clean_environment, free_port, torchrun_variables
from layout_runs import Layout
from live_checks import DATA, Checks

from kinema_program import generate_arguments, read_case

LAYOUT = Layout(cfg=2, ulysses=2, vae=4)
# Blocks that four ranks keep in parts: of the gathers the first five are the text encoders', then
# come two in each step, made by a thread that runs ahead.
HSDP = ["--use-hsdp", "--hsdp-shard-size=4"]
GATHERS = {"encode text": "weights/0 all_gather #2", "denoise": "weights/0 all_gather #8"}
RANKS = LAYOUT.ranks
PHASES = ["start-up", "encode text", "denoise step 2", "decode"]
# Exit codes: an unexpected exception is the program's own bug, a lost rank a failed peer.
CODES = {"throw": 70, "exit": 6, "kill": 6, "hang": 6}
BOUND = 10.0  # default of --bound: a quiet machine needs less than 1 s
SILENCE = 5  # --stall-timeout in seconds: longer than any stage here, also on a busy machine
PATIENCE = 120  # seconds for a whole run
LONG_RUN = 500  # steps
# Of what takes longer, all phases and kinds but not all pairs of them, unless they are asked for.
QUICK = {
    "torchrun": {(kind, phase) for kind in CODES if kind != "hang" for phase in PHASES}
    | {("hang", "denoise step 2")},
    "mpirun": {("kill", "decode"), ("throw", "start-up"), ("exit", "denoise step 2")},
}


def processes_of(mark: str) -> list[int]:
    """Living processes with this mark in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"KINEMA_TEST_RUN={mark}".encode() in (folder / "environ").read_bytes()
            zombie = (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue  # gone, or somebody else's
        if marked and not zombie:
            found.append(int(folder.name))
    return found


@dataclass
class Started:
    """A run under way in a folder of its own: one process, or those of all ranks."""

    processes: list["subprocess.Popen[str]"]
    mark: str
    out: Path

    @property
    def process(self) -> "subprocess.Popen[str]":
        return self.processes[0]

    def messages(self) -> str:
        """What all have said when all have ended."""
        # What one has to say fits into its pipe.
        return "".join(process.communicate(timeout=PATIENCE)[1] for process in self.processes)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.out.iterdir())

    def end(self) -> None:
        for process in processes_of(self.mark):
            os.kill(process, signal.SIGKILL)


# Environments of a run's processes: one that forks the ranks, or every rank's by itself.
Environments = list[dict[str, str]]
FORKED: Environments = [{}]


def placed() -> Environments:
    """As torchrun starts them."""
    port = free_port()
    return [torchrun_variables(rank, RANKS, port) for rank in range(RANKS)]


def start(
    program: list[str],
    out: Path,
    steps: int | None,
    fault: str,
    *flags: str,
    environments: Environments = FORKED,
    layout: Layout = LAYOUT,
    case_dir: Path = DATA / "t2v",
) -> Started:
    names = [flag.partition("=")[0] for flag in flags]
    case = read_case(case_dir)
    case["num_inference_steps"] = steps or case["num_inference_steps"]
    arguments = [
        argument
        for argument in generate_arguments(case_dir, case, True, out)
        if argument.partition("=")[0] not in ["--save-tensors", "--metrics", *names]
    ]
    mark = uuid.uuid4().hex
    environment = {**clean_environment(), "KINEMA_TEST_RUN": mark}
    if fault:
        environment["KINEMA_FAULT"] = fault
    command = [*program, "generate", *arguments, *layout.flags(), "--threads=1", *flags]
    processes = [
        subprocess.Popen(
            command,
            env=environment | more,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for more in environments
    ]
    return Started(processes, mark, out)


@dataclass(frozen=True)
class Way:
    """How the ranks are started."""

    name: str
    command: list[str]  # in front of the verb
    environments: Callable[[], Environments] = lambda: FORKED
    # Whether the exit code of what is started is the failing rank's.
    own_code: bool = True


def mpirun(program: Path) -> Way:
    launcher = ["mpirun", "-n", str(RANKS), "--allow-run-as-root", "--oversubscribe"]
    command = [*launcher, "-x", "MASTER_PORT", str(program)]
    return Way("mpirun", command, lambda: [{"MASTER_PORT": free_port()}], own_code=False)


def one_fault(
    way: Way,
    checks: Checks,
    bound: float,
    kind: str,
    phase: str,
    rank: int,
    gather: str = "",
) -> float:
    """Returns the seconds from the fault to the end. With `gather` the fault is in that operation,
    which is somewhere in the phase."""
    name = f"{way.name}: {kind} of rank {rank} in {gather or phase}"
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as scratch:
        moment = Path(scratch) / "moment"
        fault = f"rank={rank},phase={gather or phase},kind={kind},mark={moment}"
        flags = ["--progress=none", f"--stall-timeout={SILENCE}", *(HSDP if gather else [])]
        environments = way.environments()
        run = start(way.command, Path(folder), None, fault, *flags, environments=environments)
        try:
            messages = run.messages()
        except subprocess.TimeoutExpired:
            run.end()
            checks.expect(False, f"{name}: did not end in {PATIENCE} s")
            return float("nan")
        ended, left, files = time.time(), processes_of(run.mark), run.files()
        if not checks.expect(moment.exists(), f"{name}: did not happen; {messages}"):
            return float("nan")
        took = ended - moment.stat().st_mtime
    errors = [line for line in messages.splitlines() if line.startswith("error:")]
    problems = []
    codes = [process.returncode for process in run.processes]
    # The process of the rank itself where there is one for each.
    if way.own_code and codes[rank % len(codes)] != CODES[kind]:
        problems.append(f"exit codes {codes}, not {CODES[kind]}")
    if not all(codes):
        problems.append(f"exit codes {codes}")
    if len(errors) != 1 or not errors[0].startswith(f"error: rank {rank} ") or phase not in errors[0]:
        problems.append(f"said {errors}")
    if kind == "hang" and f" no progress for {SILENCE} s" not in "".join(errors):
        problems.append("did not say after how long")
    if took > bound + (SILENCE if kind == "hang" else 0):
        problems.append(f"took {took:.1f} s")
    if left:
        problems.append(f"left processes {left}")
    if files:
        problems.append(f"left files {files}")
    checks.expect(not problems, f"{name}: {'; '.join(problems)}")
    run.end()
    return took


def cell(
    way: Way, checks: Checks, arguments: argparse.Namespace, kind: str, phase: str, first: int
) -> None:
    failed = checks.failed
    # Every rank takes its turn.
    times = [
        one_fault(way, checks, arguments.bound, kind, phase, (first + turn) % RANKS)
        for turn in range(arguments.repeat)
    ]
    print(
        f"{way.name:8s} {kind:5s} in {phase:14s}: "
        f"{arguments.repeat - (checks.failed - failed)} of {arguments.repeat}, "
        f"{min(times):.2f} to {max(times):.2f} s",
        flush=True,
    )


def all_faults(program: Path, checks: Checks, arguments: argparse.Namespace) -> None:
    kinds, phases = arguments.kind or list(CODES), arguments.phase or PHASES
    ways = [
        Way("forked", [str(program)]),
        Way("torchrun", [str(program)], placed),
        mpirun(program),
    ]
    for way in ways:
        if way.name not in (arguments.way or [way.name]):
            continue
        if not shutil.which(way.command[0]):
            print("skipped: mpirun is not installed (Debian's openmpi-bin)")
            continue
        for kind, phase in itertools.product(kinds, phases):
            # Rank 0 has the file and the store, so that it matters most where it is one of many.
            number = kinds.index(kind) + phases.index(phase)
            quick = QUICK.get(way.name) if not arguments.way and arguments.repeat == 1 else None
            if quick and (kind, phase) not in quick:
                continue
            cell(way, checks, arguments, kind, phase, 2 if way.name == "forked" else number)


def gathers_cut(program: Path, checks: Checks, arguments: argparse.Namespace) -> None:
    """A rank that is lost, or stands still, while the others gather a block's weights with it."""
    forked, torchrun = Way("forked", [str(program)]), Way("torchrun", [str(program)], placed)
    for kind, (phase, gather) in itertools.product(CODES, GATHERS.items()):
        for rank in (0, 3):
            one_fault(forked, checks, arguments.bound, kind, phase, rank, gather)
    for rank, (phase, gather) in zip((0, 3), GATHERS.items(), strict=True):
        one_fault(torchrun, checks, arguments.bound, "hang", phase, rank, gather)


def watcher_killed(program: Path, checks: Checks, rank: int) -> None:
    """The process that a launcher knows is killed, not the one that computes for it."""
    name = f"watcher of rank {rank} killed"
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--progress=json"]
        command = [str(program)]
        run = start(command, Path(folder), LONG_RUN, "", *flags, environments=placed())
        until_denoising(run)
        run.processes[rank].kill()
        killed = time.time()
        messages = run.messages()
        took, left, files = time.time() - killed, processes_of(run.mark), run.files()
        run.end()
    errors = [line for line in messages.splitlines() if line.startswith("error:")]
    said = len(errors) == 1 and errors[0].startswith(f"error: rank {rank} ended without a word")
    checks.expect(said, f"{name}: said {errors}")
    codes = [process.returncode for process in run.processes]
    checks.expect(all(codes), f"{name}: exit codes {codes}")
    checks.expect(took < BOUND, f"{name}: took {took:.1f} s")
    checks.expect(not left, f"{name}: left processes {left}")
    checks.expect(not files, f"{name}: left files {files}")


def until_denoising(run: Started) -> None:
    """Waits until some steps are done."""
    assert run.process.stderr is not None
    for line in run.process.stderr:
        if '"denoise"' in line and '"step":3' in line.replace(" ", ""):
            return


def interrupted(program: Path, checks: Checks, number: signal.Signals) -> None:
    """Ctrl-C in the middle: every rank leaves, nothing is written, one note tells where."""
    name = number.name
    with tempfile.TemporaryDirectory() as folder:
        run = start([str(program)], Path(folder), LONG_RUN, "", "--progress=json")
        until_denoising(run)
        run.process.send_signal(number)
        _, messages = run.process.communicate(timeout=PATIENCE)
        code, left, files = run.process.returncode, processes_of(run.mark), run.files()
        run.end()
    checks.expect(code == 128 + number, f"{name}: exit code {code}; {messages[-500:]}")
    told = "error:" not in messages and messages.count("interrupted after denoise step") == 1
    checks.expect(told, f"{name}: said {messages[-500:]}")
    checks.expect(not left, f"{name}: left processes {left}")
    checks.expect(not files, f"{name}: left files {files}")


def launcher_killed(program: Path, checks: Checks) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = start([str(program)], Path(folder), LONG_RUN, "", "--progress=json")
        until_denoising(run)
        there = len(processes_of(run.mark))
        run.process.kill()
        end = time.monotonic() + BOUND
        while processes_of(run.mark) and time.monotonic() < end:
            time.sleep(0.02)
        left, video = processes_of(run.mark), (Path(folder) / "video.mp4").exists()
        run.end()
        run.process.communicate()
    checks.expect(there == RANKS + 1, f"{there} processes instead of a launcher and {RANKS} ranks")
    checks.expect(not left, f"the launcher was killed: left processes {left}")
    checks.expect(not video, "the launcher was killed: left a video")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", type=Path)
    parser.add_argument("--repeat", type=int, default=1, help="of each fault [%(default)s]")
    parser.add_argument(
        "--bound", type=float, default=BOUND, help="seconds from a fault to the end [%(default)s]"
    )
    parser.add_argument("--way", action="append", choices=["forked", "torchrun", "mpirun"])
    parser.add_argument("--kind", action="append", choices=list(CODES), help="only these faults")
    parser.add_argument("--phase", action="append", choices=PHASES, help="only in these phases")
    arguments = parser.parse_args()
    checks = Checks()
    if not arguments.way and not arguments.phase:
        gathers_cut(arguments.program, checks, arguments)
    all_faults(arguments.program, checks, arguments)
    for number in [signal.SIGINT, signal.SIGTERM]:
        interrupted(arguments.program, checks, number)
    launcher_killed(arguments.program, checks)
    for rank in [0, 3]:
        watcher_killed(arguments.program, checks, rank)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
