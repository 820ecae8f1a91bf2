"""Runs the built program for a case: its command line, its tensors, its metrics."""

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT_PROGRAM = REPOSITORY / "build" / "release" / "kinema"


@dataclass(frozen=True)
class Finished:
    """One run of a program: exit status, messages, wall seconds, and peak resident bytes of it and
    its children."""

    status: int
    messages: str
    seconds: float
    peak_bytes: int


def run_program(command: list[str], environment: dict[str, str] | None = None) -> Finished:
    """Waits for the command and reads its resource use from the kernel."""
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    with process.stderr:
        messages = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Finished(process.returncode, messages, time.monotonic() - start, usage.ru_maxrss * 1024)


def generate_arguments(case_dir: Path, case: dict[str, Any], tiled: bool, out: Path) -> list[str]:
    """The flags of `kinema generate` for the call in case.json. With a picture the size comes from
    the picture."""
    # A leading @ would name a file.
    texts = {
        name: "@" + case[name] if case[name].startswith("@") else case[name]
        for name in ("prompt", "negative_prompt")
    }
    arguments = [
        f"--model={case_dir / 'model'}",
        f"--prompt={texts['prompt']}",
        f"--negative-prompt={texts['negative_prompt']}",
        f"--num-frames={case['num_frames']}",
        f"--num-inference-steps={case['num_inference_steps']}",
        f"--guidance-scale={case['guidance_scale']}",
        f"--seed={case['seed']}",
        f"--vae-tiling={'on' if tiled else 'off'}",
        "--dtype=float32",
        "--device=cpu",
        f"--output={out / 'video.mp4'}",
        "--overwrite",
        f"--save-tensors={out / 'tensors.safetensors'}",
        f"--metrics={out / 'metrics.json'}",
    ]
    if tiled:
        arguments += [
            f"--vae-tile-size={case['tiling']['size']}",
            f"--vae-tile-stride={case['tiling']['stride']}",
        ]
    if case["variant"] == "i2v":
        return [*arguments, f"--image={case_dir / case['image']}"]
    return [*arguments, f"--width={case['width']}", f"--height={case['height']}"]


def read_case(case_dir: Path) -> dict[str, Any]:
    return json.loads((case_dir / "case.json").read_text(encoding="utf-8"))
