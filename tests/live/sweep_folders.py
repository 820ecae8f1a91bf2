"""A sweep over layouts of a tiny job in a folder of its own, and what has become of its cells."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from live_checks import DATA, REPOSITORY
from marked_processes import VARIABLE, new_mark

PATIENCE = 600  # seconds for a sweep

JOB = {
    "schema": 1,
    "model": str(DATA / "hunyuan15" / "t2v" / "model"),
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
        self.mark = new_mark()  # of the sweeps' processes
        (folder / "job.json").write_text(json.dumps(JOB), encoding="utf-8")
        (folder / "sweep.json").write_text(json.dumps(SWEEP), encoding="utf-8")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.program), *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def start_sweep(self, variables: dict[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(REPOSITORY / "scripts" / "sweep.sh"), "sweep.json", str(self.results)],
            cwd=self.folder,
            env={**os.environ, VARIABLE: self.mark, "KINEMA": str(self.program), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def sweep(self, variables: dict[str, str]) -> tuple[int, str]:
        process = self.start_sweep(variables)
        _, messages = process.communicate(timeout=PATIENCE)
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
