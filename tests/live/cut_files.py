#!/usr/bin/env python3
"""Cuts files of weights short while runs use them: one sentence must name the file, with the exit
code of bad model files, and neither processes nor files may be left.

cut_files.py PROGRAM
"""

import argparse
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from faults import (
    FORKED,
    LONG_RUN,
    PATIENCE,
    Environments,
    Started,
    processes_of,
    start,
    until_denoising,
)
from launcher_variables import free_port, torchrun_variables
from layout_runs import Layout
from live_checks import DATA, Checks
from memory import make_case

import reference_environment
from hunyuan15 import family as hunyuan15
from hunyuan15 import spec as hunyuan15_spec
from memory_cases import HUNYUAN15, MemoryCase

BAD_MODEL = 4  # exit code
LEFT = 4096  # bytes of a file that is cut
# More than all files but the one that is cut hold.
BEING_READ = 16 << 20


@dataclass(frozen=True)
class Case:
    """Who reads the files, and by which flags."""

    name: str
    flags: tuple[str, ...] = ()
    layout: Layout = Layout()
    placed: bool = False

    @property
    def environments(self) -> Environments:
        if not self.placed:
            return FORKED
        port = free_port()
        return [torchrun_variables(rank, self.layout.ranks, port) for rank in range(2)]


PAIR = Layout(cfg=2)
CASES_OF_STEPS = [
    Case("one process"),
    Case("two ranks", layout=PAIR),
    Case("two ranks of torchrun", layout=PAIR, placed=True),
    Case("blocks from the files", ("--offload=disk",)),
    Case("blocks from the files, two ranks", ("--offload=disk",), PAIR),
]


def weights_of(case_dir: Path) -> list[Path]:
    return sorted((case_dir / "model" / "transformer").glob("*.safetensors"))


def check_end(checks: Checks, case: Case, run: Started, files: list[Path], where: str) -> None:
    messages = run.messages()
    left, written = processes_of(run.mark), run.files()
    run.end()
    errors = [line for line in messages.splitlines() if line.startswith("error:")]
    rank = f"rank [01] in {where}: " if case.layout.ranks > 1 else ""
    paths = "|".join(re.escape(str(file)) for file in files)
    wanted = f"error: {rank}({paths}): cannot be read at byte [0-9]+: the file has become shorter"
    said = len(errors) == 1 and re.fullmatch(wanted, errors[0]) is not None
    checks.expect(said, f"{case.name}: said {messages[-800:]}")
    codes = [process.returncode for process in run.processes]
    checks.expect(BAD_MODEL in codes and all(codes), f"{case.name}: exit codes {codes}")
    checks.expect(not left, f"{case.name}: left processes {left}")
    checks.expect(not written, f"{case.name}: left files {written}")


def cut_between_steps(program: Path, checks: Checks, case: Case) -> None:
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory() as out:
        case_dir = Path(scratch) / "t2v"
        shutil.copytree(DATA / "t2v", case_dir)
        run = start(
            [str(program)],
            Path(out),
            LONG_RUN,
            "",
            "--progress=json",
            *case.flags,
            environments=case.environments,
            layout=case.layout,
            case_dir=case_dir,
        )
        until_denoising(run)
        for file in weights_of(case_dir):
            os.truncate(file, LEFT)
        check_end(checks, case, run, weights_of(case_dir), "denoise step [0-9]+")


def is_being_read(process: int, file: Path) -> bool:
    """Whether the process that computes has read some of the file, through its map or past it."""
    folder, counts = Path("/proc") / str(process), False
    if (folder / "exe").readlink().name != "kinema-engine":
        return False
    [copied] = re.findall(r"rchar: ([0-9]+)", (folder / "io").read_text())
    resident = 0
    for line in (folder / "smaps").read_text().splitlines():
        if "-" in line.split(" ", 1)[0]:
            counts = line.endswith(str(file))
        elif counts and line.startswith("Rss:"):
            resident += int(line.split()[1]) << 10
    return resident + int(copied) > BEING_READ


def cut_while_loading(program: Path, checks: Checks, case: Case) -> None:
    """The thread that loads ahead reads hundreds of MB, which takes long enough to be met in it."""
    spec = replace(HUNYUAN15, text_encoder=hunyuan15_spec.TextEncoder())
    large = MemoryCase(hunyuan15.FAMILY, spec, ())
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory() as out:
        case_dir = Path(scratch)
        make_case(large, case_dir)
        [file] = weights_of(case_dir)
        flags = ["--progress=none", "--dtype=bfloat16", *case.flags]
        run = start(
            [str(program)], Path(out), None, "", *flags, layout=case.layout, case_dir=case_dir
        )
        end = time.monotonic() + PATIENCE
        while not (met := is_being_read(run.process.pid, file)) and time.monotonic() < end:
            if run.process.poll() is not None:
                break
        if not checks.expect(met, f"{case.name}: was not met"):
            run.end()
            return
        run.process.send_signal(signal.SIGSTOP)
        os.truncate(file, LEFT)
        run.process.send_signal(signal.SIGCONT)
        check_end(checks, case, run, [file], "")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", type=Path)
    program = parser.parse_args().program
    checks = Checks()
    reference_environment.settle_torch()
    for case in CASES_OF_STEPS:
        cut_between_steps(program, checks, case)
    cut_while_loading(program, checks, Case("loaded ahead", ("--load-ahead=transformer",)))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
