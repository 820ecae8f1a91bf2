#!/usr/bin/env python3
"""A sweep over layouts is measured, interrupted, broken and resumed; its report must hold every cell
or its reason, in every form.

sweeps.py PROGRAM [--keep FOLDER]
"""

import argparse
import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from live_checks import DATA, REPOSITORY, Checks

SVG = "{http://www.w3.org/2000/svg}svg"
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
# Kills the fourth process in its second step: cells of fewer processes do not notice.
FAULT = {"KINEMA_FAULT": "rank=3,phase=denoise step 2,kind=kill"}

JOB = {
    "schema": 1,
    "model": str(DATA / "t2v" / "model"),
    "prompt": 'A fox runs past a sign "Open"',
    "seed": 1,
    "width": 112,
    "height": 80,
    "num_frames": 9,
    "num_inference_steps": 3,
    "vae_tiling": "on",
    "vae_tile_size": 64,
    "vae_tile_stride": 48,
    "threads": 1,
}
SWEEP = {
    "schema": 1,
    "name": "layouts on a CPU",
    "base": "job.json",
    "warmup": 0,
    "runs": 2,
    "matrix": {
        "ulysses_degree": [1, 2],
        "cfg_parallel_size": [1, 2],
        "ring_degree": [1, 2],
        "vae_patch_parallel_size": ["=num_gpus"],
    },
    "set": {"num_gpus": "=ulysses_degree * ring_degree * cfg_parallel_size"},
    "where": "num_gpus <= 4",
    "exclude": [{"ring_degree": 2, "cfg_parallel_size": 2}],
    "include": [
        {"num_gpus": 2, "tensor_parallel_size": 2},
        {"num_gpus": 3, "ulysses_degree": 3},
        {"num_gpus": 1, "offload": "block"},
        {"num_gpus": 2, "ulysses_degree": 2, "use_hsdp": True},
    ],
}
# Of the eight in the matrix one has eight processes and one more is excluded; two have four processes.
EXCLUDED, MEASURED, REFUSED, OF_FOUR = 2, 9, 1, 2


class Workplace:
    """The program and a folder with the sweep."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.results = folder / "results"
        (folder / "job.json").write_text(json.dumps(JOB), encoding="utf-8")
        (folder / "sweep.json").write_text(json.dumps(SWEEP), encoding="utf-8")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.program), *words], cwd=self.folder, capture_output=True, text=True, check=False
        )

    def start_sweep(self, variables: dict[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(REPOSITORY / "scripts" / "sweep.sh"), "sweep.json", str(self.results)],
            cwd=self.folder,
            env={**os.environ, "KINEMA": str(self.program), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def sweep(self, variables: dict[str, str]) -> tuple[int, str]:
        process = self.start_sweep(variables)
        _, messages = process.communicate()
        return process.returncode, messages

    def done(self) -> dict[str, float]:
        """Finished cells, with the time at which each was written."""
        return {
            path.name: path.stat().st_mtime_ns
            for path in self.results.glob("*.json")
            if not path.name.endswith(".failed.json") and path.name != "sweep.json"
        }

    def failed(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in self.results.glob("*.failed.json")]


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
    _, messages = process.communicate(timeout=60)
    # 130 for whoever asks a shell.
    ended = process.returncode in (130, -signal.SIGINT)
    checks.expect(ended, f"Ctrl-C ends a sweep with {process.returncode}: {messages}")
    checks.expect(not place.failed(), "an interrupt is not kept as a failure")
    left = subprocess.run(
        ["pgrep", "-s", str(process.pid)], capture_output=True, text=True, check=False
    )
    checks.expect(left.stdout == "", f"an interrupted sweep leaves no process: {left.stdout}")


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


def check_table(place: Workplace, checks: Checks) -> list[dict[str, Any]]:
    report = place.run("report", str(place.results), "--format", "json")
    cells: list[dict[str, Any]] = json.loads(report.stdout)["cells"]
    total = MEASURED + REFUSED + EXCLUDED
    checks.expect(len(cells) == total, f"{len(cells)} of {total} cells are in the report")
    for cell in cells:
        if cell["state"] == "done":
            continue
        checks.expect(cell.get("reason", "") != "", f"{cell['label']} has no reason")
    done = [cell for cell in cells if cell["state"] == "done"]
    for cell in done:
        stages = cell["summary"]["stages"]
        checks.expect({"denoise", "decode"} <= stages.keys(), f"{cell['label']}: stages {stages}")
        checks.expect(len(cell["runs"]) == 2, f"{cell['label']}: {len(cell['runs'])} runs")
        checks.expect(
            all(
                len(run["step_seconds"]) == 3 and len(run["peak_bytes"]) == cell["ranks"]
                for run in cell["runs"]
            ),
            f"{cell['label']}: steps and peaks of each rank",
        )
        checks.expect(
            abs(cell["efficiency"] * cell["ranks"] - cell["speed_up"]) < 1e-9,
            f"{cell['label']}: efficiency",
        )
    one = next(cell for cell in done if cell["layout"] == "one")
    checks.expect(one["speed_up"] == 1, "the baseline's speed-up is 1")
    rows = list(
        csv.DictReader(
            io.StringIO(place.run("report", str(place.results), "--format", "csv").stdout)
        )
    )
    checks.expect(
        [row["cell"] for row in rows] == [cell["cell"] for cell in cells], "CSV has the same cells"
    )
    checks.expect(all(None not in row.values() for row in rows), "every CSV line is complete")
    return cells


def in_browser(page: Path) -> str | None:
    """The page's elements as a browser without a network sees them; nothing without a browser."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        return None
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(
            [found, *flags, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout


def check_page(place: Workplace, cells: list[dict[str, Any]], checks: Checks) -> None:
    page = place.folder / "report.html"
    report = place.run("report", str(place.results), "--html", str(page), "--group-by", "num_gpus")
    checks.expect(report.returncode == 0, report.stderr)
    text = page.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))
    checks.expect(len(list(root.iter(SVG))) == 5, "the page has five plots")
    words = " ".join(" ".join(root.itertext()).split())
    for cell in cells:
        checks.expect(cell["label"] in words, f"{cell['label']} is on the page")
        if cell["state"] == "done":
            checks.expect(f"{cell['speed_up']:.2f}" in words, f"{cell['label']}: its speed-up")
        else:
            reason = " ".join(cell["reason"].split())
            checks.expect(reason in words, f"{cell['label']}: its reason")
    for outside in ["<script", "src=", "href=", "@import", "url("]:
        checks.expect(outside not in text, f"the page stands alone: {outside}")
    shown = in_browser(page)
    if shown is None:
        print("skipped: no Chromium on this machine to open the page in")
        return
    checks.expect(shown.count("<svg") == 5, "a browser shows five plots")
    checks.expect(all(cell["label"] in shown for cell in cells), "and every cell")


def check_comparison(place: Workplace, checks: Checks) -> None:
    same = place.run("report", "results", "results", "--max-regression", "0")
    checks.expect(same.returncode == 0, f"nothing is worse than itself: {same.stderr}")
    slower = place.folder / "slower"
    shutil.copytree(place.results, slower)
    for name in place.done():
        cell = json.loads((slower / name).read_text())
        for run in cell["runs"]:
            run["seconds"] *= 1.2
        (slower / name).write_text(json.dumps(cell))
    worse = place.run("report", "results", "slower", "--compare", "--max-regression=10%")
    checks.expect(worse.returncode == 1, "what is 20 % slower is a regression")
    checks.expect(worse.stderr.count("(+20.0 %)") == MEASURED, f"of each cell: {worse.stderr}")
    less = place.run("report", "results", "slower", "--max-regression=30%")
    checks.expect(less.returncode == 0, "but not where 30 % are allowed")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path)
    parser.add_argument("--keep", type=Path, help="leave the results and the page there")
    arguments = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        place = Workplace(arguments.program.resolve(), Path(scratch))
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
