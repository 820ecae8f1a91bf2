"""LTX-2 as a family of cases."""

from pathlib import Path
from typing import Any

from families import Family, Picture
from ltx2.checkpoint import build_pipeline, save_pipeline
from ltx2.checks import token_problems, variations, weights_not_run
from ltx2.committed import COMMITTED
from ltx2.held_out import held_out_spec
from ltx2.run import call_pipeline, load_pipeline, run_double, run_recorded, run_tiled
from ltx2.second_stage import FOLDER, run_second_stage, save_upsampler
from ltx2.spec import CaseSpec
from recorder import Tensors


def _save_checkpoint(spec: CaseSpec, directory: Path) -> None:
    save_pipeline(build_pipeline(spec), spec, directory)
    save_upsampler(spec, directory)


def _run_case(pipeline: Any, spec: CaseSpec, image: Picture) -> Tensors:
    tensors = run_recorded(pipeline, spec.call, image)
    if spec.call.tiling:
        tensors |= run_tiled(pipeline, spec.call, image)
    if spec.second_stage:
        folder = Path(pipeline.config._name_or_path) / FOLDER
        tensors |= run_second_stage(pipeline, spec, folder, image)
    return tensors


def _outputs(pipeline: Any, call: Any, image: Picture) -> Tensors:
    return dict(zip(["video", "audio"], call_pipeline(pipeline, call, image)))


def _outputs_in_double(pipeline: Any, call: Any, image: Picture, _: Tensors) -> Tensors:
    return dict(zip(["video", "audio"], run_double(pipeline, call, image)))


FAMILY = Family(
    name="ltx2",
    committed=COMMITTED,
    held_out_spec=held_out_spec,
    settle=lambda spec: spec,
    save_checkpoint=_save_checkpoint,
    load_pipeline=load_pipeline,
    run_case=_run_case,
    outputs=_outputs,
    outputs_in_double=_outputs_in_double,
    variations=variations,
    own_problems=token_problems,
    weights_not_run=weights_not_run,
)
