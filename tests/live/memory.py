#!/usr/bin/env python3
"""Compares the peak that the plan gives each stage with the one that is measured there, and the
bytes of the checkpoint that are read.

Tiny checkpoints cannot show it: the program itself would be most of their memory.

memory.py PROGRAM [CASE ...]
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from live_checks import Checks, program_and_cases

import reference_environment
from kinema_program import generate_arguments, read_case, run_program
from memory_cases import CASES, MemoryCase, make_case

TOLERANCE = 0.1  # of the planned peak, both ways
READ_TOLERANCE = 0.02  # of the planned bytes: rows of tables and single vectors are left out


def check_stages(checks: Checks, name: str, case: MemoryCase, stages: dict[str, Any]) -> None:
    for stage in case.stages:
        planned, measured = stages[stage]["planned"]["peak_bytes"], stages[stage]["peak_host_bytes"]
        text = (
            f"{name:15s} {stage:12s} planned {planned / 1e6:6.1f} MB, measured "
            f"{measured / 1e6:6.1f} MB, {measured / planned:.3f} of it"
        )
        print(text, flush=True)
        checks.expect(abs(measured / planned - 1) <= TOLERANCE, text)
    planned = sum(stage["planned"]["read_bytes"] for stage in stages.values() if "planned" in stage)
    measured = sum(stage["bytes_read"] for stage in stages.values())
    text = f"{name:15s} reads planned {planned / 1e6:.2f} MB, measured {measured / 1e6:.2f} MB"
    print(text, flush=True)
    checks.expect(abs(measured / planned - 1) <= READ_TOLERANCE, text)


def check_case(
    program: Path, case: MemoryCase, case_dir: Path, checks: Checks, tiled: bool
) -> None:
    name = f"{case.spec.name} {'tiled' if tiled else 'whole'}"
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        flags = [
            flag
            for flag in generate_arguments(case_dir, read_case(case_dir), tiled, out)
            # What is saved holds all frames twice.
            if not flag.startswith(("--save-tensors", "--dtype") if case.flags else "--save-tensors")
        ]
        flags += case.flags
        finished = run_program([str(program), "generate", *flags, "--threads=2", "--progress=none"])
        if not checks.expect(finished.status == 0, f"{name}: {finished.messages}"):
            return
        stages = json.loads((out / "metrics.json").read_text(encoding="utf-8"))["stages"]
    check_stages(checks, name, case, stages)


def main() -> int:
    arguments = program_and_cases(__doc__, [case.spec.name for case in CASES])
    checks = Checks()
    reference_environment.settle_torch()
    for case in CASES:
        if case.spec.name not in arguments.cases:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            case_dir = Path(scratch) / "case"
            make_case(case, case_dir)
            for tiled in case.tiled:
                check_case(arguments.program, case, case_dir, checks, tiled)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
