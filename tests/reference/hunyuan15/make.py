"""The parts of case making that only HunyuanVideo 1.5 has."""

from dataclasses import replace

from diffusers.pipelines.hunyuan_video1_5.image_processor import HunyuanVideo15ImageProcessor

from families import Picture
from hunyuan15.networks import Pipeline
from hunyuan15.run import run_recorded, run_tiled
from hunyuan15.spec import CaseSpec
from recorder import Tensors


def settle_size(spec: CaseSpec) -> CaseSpec:
    """With a picture the reference chooses height and width itself: the call says what it will
    choose."""
    if spec.call.picture_size is None:
        return spec
    height, width = HunyuanVideo15ImageProcessor().calculate_default_height_width(
        *spec.call.picture_size, spec.transformer.target_size
    )
    return replace(spec, call=replace(spec.call, height=int(height), width=int(width)))


def run_case(pipeline: Pipeline, spec: CaseSpec, image: Picture) -> Tensors:
    """Every tensor of the case as diffusers computes it now."""
    tensors = run_recorded(pipeline, spec.call, image)
    return tensors | run_tiled(pipeline, spec.call, image, tensors)
