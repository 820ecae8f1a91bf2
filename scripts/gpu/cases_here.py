"""Cases of the reference that a build without FFmpeg can read: those without a picture."""

import json
import sys
from pathlib import Path
from typing import Any

from context import CASES, HERE, Context
from diffusers_client import installed
from program import must


def committed_cases(_: Context) -> list[Path]:
    """Each family's own."""
    return [CASES.parent / family / "t2v" for family in ("hunyuan15", "ltx2")]


def new_cases(context: Context) -> list[Path]:
    """Made live where diffusers is installed."""
    made = context.work / "cases"
    if not made.exists() and installed():
        made.mkdir()
        tool = HERE.parents[1] / "tests" / "reference" / "make_cases.py"
        must([sys.executable, str(tool), "hunyuan15", "--out", str(made), "--held-out", "2", "--seed", "11"], context.clock.limit(120))
    cases = sorted(path.parent for path in made.glob("*/expected.safetensors"))
    return [case for case in cases if variant(case) == "t2v"]


def variant(folder: Path) -> Any:
    return json.loads((folder / "case.json").read_text(encoding="utf-8"))["variant"]
