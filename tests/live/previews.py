#!/usr/bin/env python3
"""Previews show the video as it becomes, and change nothing of it.

previews.py PROGRAM
"""

import base64
import io
import subprocess
import sys
import tempfile
from pathlib import Path

from live_checks import DATA, Checks, program_of

import numpy as np
from PIL import Image

STEPS = 4
CALLS = {
    "hunyuan15": ["--width=112", "--height=80", "--num-frames=9"],
    "ltx2": ["--width=96", "--height=64", "--num-frames=17"],
}


class Runs:
    def __init__(self, program: Path, folder: Path, family: str, extra: list[str]) -> None:
        self.folder = folder
        self.command = [
            *[str(program), "generate", f"--model={DATA / family / 't2v' / 'model'}", "--prompt=x"],
            *[*CALLS[family], f"--steps={STEPS}", "--seed=1", "--threads=1", "--progress=none"],
            *["--quiet", "--overwrite", "--output=video.mkv", "--codec=ffv1", *extra],
        ]

    def run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*self.command, *words], cwd=self.folder, capture_output=True, check=False
        )


def picture(file: Path) -> np.ndarray:
    return np.asarray(Image.open(file).convert("RGB"), dtype=np.float64)


def last_shown(folder: Path) -> np.ndarray:
    """The frame that a preview shows, of the finished video: the last one of two latent frames."""
    frames = sorted((folder / "frames").glob("*.png"))
    return picture(frames[min(len(frames) - 1, 8 if len(frames) == 17 else 4)])


def check(program: Path, family: str, extra: list[str], checks: Checks) -> None:
    name = f"{family} {' '.join(extra)}"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        runs = Runs(program, folder, family, extra)
        plain = runs.run("--save-latents=a.safetensors", "--frames-dir=frames")
        checks.expect(plain.returncode == 0, f"{name}: {plain.stderr.decode()}")
        shown = runs.run(
            "--save-latents=b.safetensors", "--preview=step-{step}.png", "--preview-every=2"
        )
        checks.expect(shown.returncode == 0, f"{name}: {shown.stderr.decode()}")
        made = sorted(file.name for file in folder.glob("step-*"))
        checks.expect(made == ["step-2.png", "step-4.png"], f"{name}: previews {made}")
        latents = [(folder / file).read_bytes() for file in ("a.safetensors", "b.safetensors")]
        checks.expect(latents[0] == latents[1], f"{name}: previews change the latents")
        if family == "hunyuan15":  # causal: two latent frames decode to the begin of the clip
            error = np.abs(picture(folder / "step-4.png") - last_shown(folder)).max()
            checks.expect(error <= 2, f"{name}: the last preview is the video but for {error}")
        early = np.abs(picture(folder / "step-2.png") - picture(folder / "step-4.png")).mean()
        checks.expect(early > 0.5, f"{name}: previews of different steps differ by {early}")


def check_terminal(program: Path, checks: Checks) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        runs = Runs(program, folder, "hunyuan15", [])
        shown = runs.run("--preview-every=4", "--preview-terminal=iterm2").stderr
        begin = shown.find(b"\x1b]1337;File=inline=1;")
        if not checks.expect(begin >= 0, f"a picture in the terminal: {shown[:200]!r}"):
            return
        data = shown[shown.index(b":", begin) + 1 : shown.index(b"\a", begin)]
        image = Image.open(io.BytesIO(base64.b64decode(data)))
        file = Image.open(folder / "video.preview.png")
        checks.expect(np.array_equal(np.asarray(image), np.asarray(file)), "the file's picture")


def main() -> int:
    program = program_of(__doc__)
    checks = Checks()
    for family in CALLS:
        check(program, family, [], checks)
    check(program, "hunyuan15", ["--cfg-parallel-size=2"], checks)
    check_terminal(program, checks)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
