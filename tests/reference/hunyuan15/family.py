"""HunyuanVideo 1.5 as a family of cases."""

from typing import Any

from families import Family, Picture
from hunyuan15.checkpoint import save_checkpoint
from hunyuan15.checks import template_problems, variations, weights_not_run
from hunyuan15.committed import COMMITTED
from hunyuan15.held_out import held_out_spec
from hunyuan15.make import run_case, settle_size
from hunyuan15.run import call_pipeline, load_pipeline, run_double
from recorder import Tensors


def _outputs(pipeline: Any, call: Any, image: Picture) -> Tensors:
    return {"video": call_pipeline(pipeline, call, image)}


def _outputs_in_double(pipeline: Any, call: Any, image: Picture, tensors: Tensors) -> Tensors:
    return {"video": run_double(pipeline, call, image, tensors["latents_initial"])}


FAMILY = Family(
    name="hunyuan15",
    committed=COMMITTED,
    held_out_spec=held_out_spec,
    settle=settle_size,
    save_checkpoint=save_checkpoint,
    load_pipeline=load_pipeline,
    run_case=run_case,
    outputs=_outputs,
    outputs_in_double=_outputs_in_double,
    variations=variations,
    own_problems=template_problems,
    weights_not_run=weights_not_run,
)
