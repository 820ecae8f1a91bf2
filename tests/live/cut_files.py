#!/usr/bin/env python3
"""Cuts files of weights short while runs use them: one sentence must name the file, with the exit
code of bad model files, and neither processes nor files may be left.

cut_files.py PROGRAM
"""

import os
import re
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from launcher_variables import free_port, torchrun_variables
from layout_runs import Layout
from live_checks import Checks, program_of
from started_runs import CASE, LONG_RUN, PATIENCE, Started, Way, errors_of, forked, start

import reference_environment
from hunyuan15 import family as hunyuan15
from hunyuan15 import spec as hunyuan15_spec
from memory_cases import HUNYUAN15, MemoryCase, make_case

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

    def way(self, program: Path) -> Way:
        if not self.placed:
            return forked(program)
        port, ranks = free_port(), self.layout.ranks
        variables = [torchrun_variables(rank, ranks, port) for rank in range(ranks)]
        return Way("torchrun", [str(program)], lambda: variables)


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
    messages = run.messages(checks, case.name)
    if messages is None:
        return
    errors = errors_of(messages)
    rank = f"rank [01] in {where}: " if case.layout.ranks > 1 else ""
    paths = "|".join(re.escape(str(file)) for file in files)
    wanted = f"error: {rank}({paths}): cannot be read at byte [0-9]+: the file has become shorter"
    said = len(errors) == 1 and re.fullmatch(wanted, errors[0]) is not None
    checks.expect(said, f"{case.name}: said {messages[-800:]}")
    codes = [process.returncode for process in run.processes]
    checks.expect(BAD_MODEL in codes and all(codes), f"{case.name}: exit codes {codes}")
    run.expect_nothing_left(checks, case.name)


def cut_between_steps(program: Path, checks: Checks, case: Case) -> None:
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory() as out:
        case_dir = Path(scratch) / "t2v"
        shutil.copytree(CASE, case_dir)
        flags = ["--progress=json", *case.flags]
        way, layout = case.way(program), case.layout
        run = start(way, Path(out), LONG_RUN, "", *flags, layout=layout, case_dir=case_dir)
        run.until_denoising()
        for file in weights_of(case_dir):
            os.truncate(file, LEFT)
        check_end(checks, case, run, weights_of(case_dir), "denoise step [0-9]+")


def is_being_read(process: int, file: Path) -> bool:
    """Whether the process that computes has read some of the file, through its map or past it."""
    folder, counts = Path("/proc") / str(process), False
    try:
        if (folder / "exe").readlink().name != "kinema-engine":
            return False
        [copied] = re.findall(r"rchar: ([0-9]+)", (folder / "io").read_text())
        maps = (folder / "smaps").read_text()
    except OSError:
        return False  # it has ended
    resident = 0
    for line in maps.splitlines():
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
        way, layout = case.way(program), case.layout
        run = start(way, Path(out), None, "", *flags, layout=layout, case_dir=case_dir)
        end = time.monotonic() + PATIENCE
        while not (met := is_being_read(run.process.pid, file)) and time.monotonic() < end:
            if run.process.poll() is not None:
                break
        if not checks.expect(met, f"{case.name}: was not met"):
            run.left()
            return
        run.process.send_signal(signal.SIGSTOP)
        os.truncate(file, LEFT)
        run.process.send_signal(signal.SIGCONT)
        check_end(checks, case, run, [file], "")


def main() -> int:
    program = program_of(__doc__)
    checks = Checks()
    reference_environment.settle_torch()
    for case in CASES_OF_STEPS:
        cut_between_steps(program, checks, case)
    cut_while_loading(program, checks, Case("loaded ahead", ("--load-ahead=transformer",)))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
