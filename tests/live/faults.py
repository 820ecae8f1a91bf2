#!/usr/bin/env python3
"""Makes one of four ranks fail in each phase, of a run that forks them and of ranks that another
launcher started: everything must end because of the failure, one sentence must name the rank and
the phase, and neither processes nor files may be left.

faults.py PROGRAM [--repeat 20] [--bound 2] [--way torchrun]
"""

import argparse
import itertools
import math
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from interrupts import interrupted, launcher_killed, watcher_killed
from live_checks import Checks
from started_runs import RANKS, Started, Way, errors_of, forked, mpirun, start, torchrun

# Blocks that four ranks keep in parts: of the gathers the first five are the text encoders', then
# come two in each step, made by a thread that runs ahead.
HSDP = ["--use-hsdp", "--hsdp-shard-size=4"]
GATHERS = {"encode text": "weights/0 all_gather #2", "denoise": "weights/0 all_gather #8"}
PHASES = ["start-up", "encode text", "denoise step 2", "decode"]
# Exit codes: an unexpected exception is the program's own bug, a lost rank a failed peer.
CODES = {"throw": 70, "exit": 6, "kill": 6, "hang": 6}
# --stall-timeout in seconds: a rank that stands still is noticed by its silence, which is longer
# than any stage here, also on a busy machine. One that is lost must be noticed by other signs.
SILENCE, LONG_SILENCE = 5, 120
# Of what takes longer, all phases and kinds but not all pairs of them, unless they are asked for.
QUICK = {
    "torchrun": {(kind, phase) for kind in CODES if kind != "hang" for phase in PHASES}
    | {("hang", "denoise step 2")},
    "mpirun": {("kill", "decode"), ("throw", "start-up"), ("exit", "denoise step 2")},
}


@dataclass(frozen=True)
class Fault:
    """With `gather` the fault is in that operation, which is somewhere in the phase."""

    way: Way
    kind: str
    phase: str
    rank: int
    gather: str = ""

    def __str__(self) -> str:
        return f"{self.way.name}: {self.kind} of rank {self.rank} in {self.gather or self.phase}"

    def start(self, out: Path, moment: Path) -> Started:
        """The time of the file `moment` is when it happened."""
        place = self.gather or self.phase
        wanted = f"rank={self.rank},phase={place},kind={self.kind},mark={moment}"
        silence = SILENCE if self.kind == "hang" else LONG_SILENCE
        flags = ["--progress=none", f"--stall-timeout={silence}", *(HSDP if self.gather else [])]
        return start(self.way, out, None, wanted, *flags)

    def problems(self, run: Started, messages: str) -> list[str]:
        """Of what was said, and of the exit codes."""
        found = []
        codes = [process.returncode for process in run.processes]
        # The process of the rank itself where there is one for each.
        if self.way.own_code and codes[self.rank % len(codes)] != CODES[self.kind]:
            found.append(f"exit codes {codes}, not {CODES[self.kind]}")
        if not all(codes):
            found.append(f"exit codes {codes}")
        errors = errors_of(messages)
        named = len(errors) == 1 and errors[0].startswith(f"error: rank {self.rank} ")
        if not named or self.phase not in errors[0]:
            found.append(f"said {errors}")
        if self.kind == "hang" and f" no progress for {SILENCE} s" not in "".join(errors):
            found.append("did not say after how long")
        if self.kind != "hang" and "no progress" in messages:
            found.append("was noticed by its silence only")
        return found


def seconds_to_the_end(fault: Fault, checks: Checks, bound: float) -> float:
    """From the fault on; not a number if that cannot be told."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as scratch:
        moment = Path(scratch) / "moment"
        run = fault.start(Path(folder), moment)
        messages = run.messages(checks, str(fault))
        if messages is None:
            return math.nan
        ended, (processes, files) = time.time(), run.left()
        if not checks.expect(moment.exists(), f"{fault}: did not happen; {messages}"):
            return math.nan
        took = ended - moment.stat().st_mtime
    problems = fault.problems(run, messages)
    if took > bound + (SILENCE if fault.kind == "hang" else 0):
        problems.append(f"took {took:.1f} s")
    if processes:
        problems.append(f"left processes {processes}")
    if files:
        problems.append(f"left files {files}")
    checks.expect(not problems, f"{fault}: {'; '.join(problems)}")
    return took


def cell(
    way: Way, checks: Checks, arguments: argparse.Namespace, kind: str, phase: str, first: int
) -> None:
    failed = checks.failed
    # Every rank takes its turn.
    faults = [Fault(way, kind, phase, (first + turn) % RANKS) for turn in range(arguments.repeat)]
    times = [seconds_to_the_end(fault, checks, arguments.bound) for fault in faults]
    print(
        f"{way.name:8s} {kind:5s} in {phase:14s}: "
        f"{arguments.repeat - (checks.failed - failed)} of {arguments.repeat}, "
        f"{min(times):.2f} to {max(times):.2f} s",
        flush=True,
    )


def all_faults(program: Path, checks: Checks, arguments: argparse.Namespace) -> None:
    kinds, phases = arguments.kind or list(CODES), arguments.phase or PHASES
    for way in (forked(program), torchrun(program), mpirun(program)):
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


def gathers_cut(program: Path, checks: Checks, bound: float) -> None:
    """A rank that is lost, or stands still, while the others gather a block's weights with it."""
    faults = [
        Fault(forked(program), kind, phase, rank, gather)
        for kind, (phase, gather), rank in itertools.product(CODES, GATHERS.items(), (0, 3))
    ]
    faults += [
        Fault(torchrun(program), "hang", phase, rank, gather)
        for rank, (phase, gather) in zip((0, 3), GATHERS.items(), strict=True)
    ]
    for fault in faults:
        seconds_to_the_end(fault, checks, bound)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", type=Path)
    parser.add_argument("--repeat", type=int, default=1, help="of each fault [%(default)s]")
    parser.add_argument(
        "--bound",
        type=float,
        default=math.inf,
        help="seconds that a quiet machine may take from a fault to the end [any]",
    )
    parser.add_argument("--way", action="append", choices=["forked", "torchrun", "mpirun"])
    parser.add_argument("--kind", action="append", choices=list(CODES), help="only these faults")
    parser.add_argument("--phase", action="append", choices=PHASES, help="only in these phases")
    arguments = parser.parse_args()
    checks = Checks()
    if not arguments.way and not arguments.phase:
        gathers_cut(arguments.program, checks, arguments.bound)
    all_faults(arguments.program, checks, arguments)
    for number in [signal.SIGINT, signal.SIGTERM]:
        interrupted(arguments.program, checks, number)
    launcher_killed(arguments.program, checks)
    for rank in [0, 3]:
        watcher_killed(arguments.program, checks, rank)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
