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


def run_program(command: list[str]) -> Finished:
    """Waits for the command and reads its resource use from the kernel."""
    start = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    with process.stderr:
        messages = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Finished(process.returncode, messages, time.monotonic() - start, usage.ru_maxrss * 1024)


# What both families' calls have, then what only LTX-2's has, named as the reference's arguments.
CALL_FLAGS = ["num_frames", "num_inference_steps", "guidance_scale", "seed"]
SOUND_FLAGS = [
    *["frame_rate", "sigmas", "stg_scale", "modality_scale", "guidance_rescale"],
    *["audio_guidance_scale", "audio_stg_scale", "audio_modality_scale", "audio_guidance_rescale"],
    *["spatio_temporal_guidance_blocks", "use_cross_timestep", "decode_timestep"],
    *["decode_noise_scale", "max_sequence_length", "motion_speed", "image_crf"],
]
TILE_FLAGS = {
    "size": "vae-tile-size",
    "stride": "vae-tile-stride",
    "frames": "vae-tile-frames",
    "frame_stride": "vae-tile-frame-stride",
}


def _flag(name: str, value: Any) -> str:
    if isinstance(value, list):
        value = ",".join(str(part) for part in value)
    elif isinstance(value, bool):
        value = str(value).lower()
    return f"--{name.replace('_', '-')}={value}"


def _tile_flags(tiling: dict[str, Any]) -> list[str]:
    """A family that tiles in time does so only when asked."""
    names = ["size", "stride", *(["frames", "frame_stride"] if tiling.get("framewise") else [])]
    return [_flag(TILE_FLAGS[name], tiling[name]) for name in names]


def generate_arguments(case_dir: Path, case: dict[str, Any], tiled: bool, out: Path) -> list[str]:
    """The flags of `kinema generate` for the call in case.json. HunyuanVideo's pictures decide the
    size."""
    # A leading @ would name a file.
    texts = {
        name: "@" + case[name] if case[name].startswith("@") else case[name]
        for name in ("prompt", "negative_prompt")
    }
    call = {name: case[name] for name in [*CALL_FLAGS, *SOUND_FLAGS] if case.get(name) is not None}
    arguments = [
        f"--model={case_dir / 'model'}",
        f"--prompt={texts['prompt']}",
        f"--negative-prompt={texts['negative_prompt']}",
        *[_flag(name, value) for name, value in call.items()],
        f"--vae-tiling={'on' if tiled else 'off'}",
        "--dtype=float32",
        "--device=cpu",
        f"--output={out / 'video.mp4'}",
        "--overwrite",
        f"--save-tensors={out / 'tensors.safetensors'}",
        f"--metrics={out / 'metrics.json'}",
    ]
    if tiled:
        arguments += _tile_flags(case["tiling"])
    if case["variant"] == "i2v":
        arguments.append(f"--image={case_dir / case['image']}")
    if case["variant"] == "conditions":
        picture = case_dir / case["image"]
        places = [f"{picture}@{index}:{strength}" for index, strength in case["conditions"]]
        arguments.append(f"--conditions={','.join(places)}")
    if case["variant"] == "t2v" or case["family"] == "ltx2":
        arguments += [f"--width={case['width']}", f"--height={case['height']}"]
    return arguments


def stage_arguments(case_dir: Path, case: dict[str, Any], out: Path) -> list[list[str]]:
    """The flags of both stages of a case that has two."""
    stage, latents = case["second_stage"], out / "latents.safetensors"
    scale = stage["scale"]
    second = case | {
        "height": int(case["height"] * scale),
        "width": int(case["width"] * scale),
        "sigmas": stage["sigmas"],
        "num_inference_steps": len(stage["sigmas"]),
        **{f"{name}guidance_scale": 1.0 for name in ["", "audio_"]},
        **{f"{name}modality_scale": 1.0 for name in ["", "audio_"]},
        **{f"{name}stg_scale": 0.0 for name in ["", "audio_"]},
        **{f"{name}guidance_rescale": 0.0 for name in ["", "audio_"]},
    }
    flags = ["noise_scale", "adain_factor", "tone_map_compression_ratio"]
    return [
        [*generate_arguments(case_dir, case, False, out), f"--save-latents={latents}"],
        [
            *generate_arguments(case_dir, second, False, out),
            f"--latents={latents}",
            f"--latent-upsampler={case_dir / 'model' / 'latent_upsampler'}",
            *[_flag(name, stage[name]) for name in flags],
        ],
    ]


def read_case(case_dir: Path) -> dict[str, Any]:
    return json.loads((case_dir / "case.json").read_text(encoding="utf-8"))
