"""Makes one case of any family: its checkpoint, and what the reference computes with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from case_checks import case_problems
from case_files import open_picture, picture, replace_checkpoint, write_expected
from families import Family


def write_checkpoint(family: Family, spec: Any, directory: Path) -> None:
    """Replaces `directory` by the case's checkpoint and picture."""
    size = spec.call.picture_size
    image = picture(*size, spec.weight_seed) if size else None
    replace_checkpoint(directory, lambda folder: family.save_checkpoint(spec, folder), image)


def make_case(
    family: Family, spec: Any, directory: Path, report: Callable[[str], None] | None = None
) -> list[str]:
    """Makes the case; the reference runs from the files just written.

    Returns what makes it a weak test if `report` is given (some ten further runs), else nothing.
    """
    spec = family.settle(spec)
    write_checkpoint(family, spec, directory)
    pipeline, image = family.load_pipeline(directory / "model"), open_picture(directory)
    tensors = family.run_case(pipeline, spec, image)
    write_expected(directory, tensors, spec.as_json())
    return case_problems(family, pipeline, spec.call, image, tensors, report) if report else []
