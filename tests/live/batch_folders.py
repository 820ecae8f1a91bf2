"""Batches of tiny jobs in folders of their own, and what has become of them."""

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from live_checks import DATA, Checks

PATIENCE = 300  # seconds for anything
MODEL = DATA / "hunyuan15" / "t2v" / "model"
SOUNDING_MODEL = DATA / "ltx2" / "t2v" / "model"
DEFAULTS = {
    "width": 64,
    "height": 48,
    "num_frames": 5,
    "num_inference_steps": 3,
    "guidance_scale": 6,
    "output": "out/",
}
# The words of the jobs: some share a prompt, so that embeddings are used again.
SUBJECTS = ["a fox", "a sign that says \"OPEN\"", "rain on a roof", "boats"]


def jobs(count: int, **more: Any) -> list[dict[str, Any]]:
    subjects = [SUBJECTS[number % len(SUBJECTS)] for number in range(count)]
    return [
        {"id": f"job{number:02d}", "prompt": subject, "seed": number} | more
        for number, subject in enumerate(subjects)
    ]


class Folder:
    """A folder with a job file, its outputs and its state."""

    def __init__(
        self, path: Path, program: Path, entries: list[dict[str, Any]], model: Path = MODEL
    ) -> None:
        self.path, self.program, self.model = path, program, model
        path.mkdir(parents=True, exist_ok=True)
        self.file = path / "jobs.json"
        self.write(entries)

    def write(self, entries: list[dict[str, Any]], **defaults: Any) -> None:
        content = {
            "schema": 1,
            "run": {"model": str(self.model), "threads": 1, "progress": "none"},
            "defaults": {**DEFAULTS, **defaults},
            "jobs": entries,
        }
        self.file.write_text(json.dumps(content), encoding="utf-8")

    def start(self, *flags: str, **more: Any) -> "subprocess.Popen[str]":
        command = [str(self.program), "batch", str(self.file), *flags]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
        )

    def run(self, *flags: str, **more: Any) -> "subprocess.CompletedProcess[str]":
        command = [str(self.program), "batch", str(self.file), *flags]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False, **more
        )

    def outputs(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in (self.path / "out").glob("*.mp4")}

    def marks(self) -> dict[str, tuple[int, int]]:
        """What changes when a file is written anew."""
        found = {}
        for file in (self.path / "out").glob("*.mp4"):
            status = file.stat()
            found[file.name] = (status.st_ino, status.st_mtime_ns)
        return found

    def lines(self) -> list[dict[str, Any]]:
        found = []
        for file in self.path.glob(".kinema/*/state*.jsonl"):
            for line in file.read_text(encoding="utf-8").splitlines():
                try:
                    found.append(json.loads(line))
                except json.JSONDecodeError:
                    continue  # cut short by a kill
        return found

    def finished(self) -> Counter[str]:
        return Counter(line["id"] for line in self.lines() if "output" in line)

    def left(self) -> list[str]:
        """Files that only an unfinished output has."""
        parts = [str(path) for path in (self.path / "out").glob(".*.part")]
        return parts + [str(path) for path in self.path.glob(".kinema/*/latents/*")]


def same_files(checks: Checks, got: Folder, want: dict[str, bytes], what: str) -> None:
    files = got.outputs()
    checks.expect(files.keys() == want.keys(), f"{what}: has {sorted(files)}")
    different = [name for name in files.keys() & want.keys() if files[name] != want[name]]
    checks.expect(not different, f"{what}: {different} differ")
