"""Reads a sweep's report in every form: each must hold every cell, or the reason why it has no
figures."""

import csv
import io
import json
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from live_checks import Checks
from sweep_folders import EXCLUDED, MEASURED, REFUSED, Workplace

SVG = "{http://www.w3.org/2000/svg}svg"
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


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
