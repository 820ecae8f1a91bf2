#!/usr/bin/env python3
"""Every file under configs/ is a job, a sweep of jobs or a batch of them, that the program accepts as it stands.

configs.py PROGRAM
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from live_checks import REPOSITORY, Checks, program_of
from released import RELEASES, make

CONFIGS = REPOSITORY / "configs"
# Plans are made on the CPU as for the GPUs that the jobs are for, whatever memory is here.
ANYWHERE = ["--device=cpu", "--dtype=bfloat16", "--max-memory=140", "--strict"]


Done = subprocess.CompletedProcess[str]


def run_each(
    program: Path, folder: Path, words: list[str], files: list[Path], more: list[str]
) -> Iterator[tuple[Path, Done]]:
    """The program with every file, one process for each core at a time."""

    def run(file: Path) -> Done:
        command = [str(program), *words, str(file), *more]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(files, pool.map(run, files), strict=True)


def check_job(file: Path, planned: Done, checks: Checks) -> None:
    name = str(file.relative_to(CONFIGS))
    if not checks.expect(planned.returncode == 0, f"{name}: {planned.stderr}"):
        return
    plan = json.loads(planned.stdout)
    wanted = int(match[1]) if (match := re.match(r"(\d+)[cg]pu", file.name)) else None
    checks.expect(plan["plan"]["ranks"] == wanted, f"{name}: {plan['plan']['ranks']} processes")
    checks.expect("hsdp" not in name or plan["plan"]["hsdp_shard"] > 1, f"{name}: no HSDP")
    checks.expect("offload" not in name or plan["job"]["offload"] == "block", f"{name}: no offload")
    # The folder says what is made.
    variant, version = plan["model"]["variant"], file.relative_to(CONFIGS).parts[1]
    checks.expect("shapes" in name or variant == version, f"{name}: the model is {variant}")
    if size := re.search(r"/(\d+)x(\d+)/", name):
        made = [plan["job"]["width"], plan["job"]["height"]]
        checks.expect(made == [int(size[1]), int(size[2])], f"{name}: {made}")


def check_sweep(file: Path, expanded: Done, checks: Checks) -> None:
    name = str(file.relative_to(CONFIGS))
    if not checks.expect(expanded.returncode == 0, f"{name}: {expanded.stderr}"):
        return
    cells = json.loads(expanded.stdout)
    usable = [cell for cell in cells if not cell["reason"]]
    checks.expect(len(usable) >= 4, f"{name}: {len(usable)} cells can run")
    for cell in cells:
        reason = cell["reason"] or ""
        checks.expect(
            not reason or reason.startswith("excluded: "), f"{name}: {cell['label']}: {reason}"
        )


def main() -> int:
    program = program_of(__doc__)
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        models = {make(release(), folder).name for release in RELEASES}
        jobs = [
            file
            for file in sorted(CONFIGS.rglob("*.json"))
            if file.parts[len(CONFIGS.parts)] not in ("batches", "models", "sweeps")
        ]
        used = {json.loads(file.read_text())["model"] for file in jobs}
        checks.expect(models <= used, f"no job is for {models - used}")
        anywhere = ["--json", *ANYWHERE]
        for file, done in run_each(program, folder, ["plan"], jobs, anywhere):
            check_job(file, done, checks)
        sweeps = sorted((CONFIGS / "sweeps").glob("*.json"))
        for file, done in run_each(program, folder, ["bench", "--expand"], sweeps, anywhere):
            check_sweep(file, done, checks)
        batches = sorted((CONFIGS / "batches").glob("*.json"))
        for file, done in run_each(program, folder, ["batch"], batches, ["--dry-run"]):
            checks.expect(done.returncode == 0, f"{file.name}: {done.stderr}")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
