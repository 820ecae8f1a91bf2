#!/usr/bin/env python3
"""A sweep over layouts is measured, interrupted, broken and resumed; its report must hold every cell
or its reason, in every form.

sweeps.py PROGRAM [--keep FOLDER]
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from live_checks import Checks, parser_of
from marked_processes import processes_of
from sweep_folders import EXCLUDED, MEASURED, OF_FOUR, PATIENCE, REFUSED, Workplace
from sweep_reports import check_comparison, check_page, check_table

# Kills the fourth process in its second step: cells of fewer processes do not notice.
FAULT = {"KINEMA_FAULT": "rank=3,phase=denoise step 2,kind=kill"}


def check_expansion(place: Workplace, checks: Checks) -> None:
    text = place.run("bench", "--expand", "sweep.json")
    lines = text.stdout.splitlines()
    commands = [line for line in lines if line.startswith("kinema bench ")]
    checks.expect(text.returncode == 0, f"--expand ends well: {text.stderr}")
    checks.expect(len(commands) == MEASURED, f"--expand gives {MEASURED} commands:\n{text.stdout}")
    reasons = [line for line in lines if line.startswith("# not run: ")]
    checks.expect(len(reasons) == EXCLUDED + REFUSED, "--expand names every cell that is left out")
    cells = json.loads(place.run("bench", "--expand", "sweep.json", "--json").stdout)
    refused = [cell for cell in cells if cell["label"] == "num_gpus=3 ulysses_degree=3"]
    checks.expect(len(cells) == EXCLUDED + MEASURED + REFUSED, "--expand --json lists every cell")
    checks.expect(
        len(refused) == 1 and "error: " in (refused[0]["reason"] or ""),
        f"the planner's reason stands beside the cell it refuses: {refused}",
    )


def check_interrupt(place: Workplace, checks: Checks) -> None:
    process = place.start_sweep({})
    while not place.done() and process.poll() is None:
        time.sleep(0.02)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    _, messages = process.communicate(timeout=PATIENCE)
    # 130 for whoever asks a shell.
    ended = process.returncode in (130, -signal.SIGINT)
    checks.expect(ended, f"Ctrl-C ends a sweep with {process.returncode}: {messages}")
    checks.expect(not place.failed(), "an interrupt is not kept as a failure")
    left = processes_of(place.mark)
    checks.expect(not left, f"an interrupted sweep leaves no process: {left}")


def check_faults(place: Workplace, checks: Checks) -> None:
    status, messages = place.sweep(FAULT)
    failed = {cell["label"]: cell for cell in place.failed()}
    checks.expect(status == 1, f"a sweep with failing cells ends with 1, not {status}: {messages}")
    checks.expect(
        len(place.done()) == MEASURED - OF_FOUR, f"the other cells are measured: {messages}"
    )
    killed = [cell for cell in failed.values() if cell["state"] == "failed"]
    checks.expect(
        len(killed) == OF_FOUR
        and all(cell["exit_code"] == 6 and "rank 3" in cell["reason"] for cell in killed),
        f"what killed a cell is kept: {killed}",
    )
    refused = [cell for cell in failed.values() if cell["state"] == "refused"]
    checks.expect(
        len(refused) == REFUSED and "3" in refused[0]["reason"], f"a refusal is kept: {refused}"
    )


def check_resume(place: Workplace, checks: Checks) -> None:
    before = place.done()
    status, messages = place.sweep({})
    after = place.done()
    checks.expect(status == 1, "the refused cell still fails")
    checks.expect(messages.count("done before") == len(before), f"finished cells rest: {messages}")
    checks.expect(all(after[name] == at for name, at in before.items()), "and are not touched")
    checks.expect(len(after) == MEASURED, f"cells that had failed are measured now: {messages}")
    states = [cell["state"] for cell in place.failed()]
    checks.expect(states == ["refused"] * REFUSED, "and lose their failures")


def main() -> int:
    parser = parser_of(__doc__)
    parser.add_argument("--keep", type=Path, help="leave the results and the page there")
    arguments = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        place = Workplace(arguments.program, Path(scratch))
        check_expansion(place, checks)
        check_interrupt(place, checks)
        check_faults(place, checks)
        check_resume(place, checks)
        check_page(place, check_table(place, checks), checks)
        check_comparison(place, checks)
        if arguments.keep:
            shutil.copytree(scratch, arguments.keep, dirs_exist_ok=True)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
