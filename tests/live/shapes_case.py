"""The shipped model as a case: its first contact-sheet prompt with its own settings."""

import json
from pathlib import Path

from live_checks import REPOSITORY

MODEL = REPOSITORY / "configs" / "models" / "shapes"


def make(folder: Path) -> Path:
    """Writes what read_case() reads into a folder of its own below `folder`."""
    case_dir = folder / "shapes"
    case_dir.mkdir()
    (case_dir / "model").symlink_to(MODEL)
    settings = json.loads((MODEL / "kinema.json").read_text(encoding="utf-8"))
    guider = json.loads((MODEL / "guider" / "guider_config.json").read_text(encoding="utf-8"))
    case = {
        "family": "hunyuan15",
        "variant": "t2v",
        "prompt": "a red circle moves right over a dark blue background",
        "negative_prompt": "",
        "guidance_scale": guider["guidance_scale"],
        "seed": 7,
        "tiling": {"size": 64, "stride": 48},
        **{key: settings[key] for key in ["width", "height", "num_frames", "num_inference_steps"]},
    }
    (case_dir / "case.json").write_text(json.dumps(case), encoding="utf-8")
    return case_dir
