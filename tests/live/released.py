"""Checkpoints with the configurations of the released models and the names and shapes of all their
tensors, but no contents: the files are holes, so that a plan can be made of a full-size model."""

import functools
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live_checks import DATA, REPOSITORY

import diffusers
import torch
import transformers
from diffusers.pipelines import ltx2

sys.path.insert(0, str(REPOSITORY / "scripts" / "gpu"))
from published_sizes import (  # noqa: E402
    GEMMA_SIZES,
    HUNYUAN15_SIZES,
    LTX2_3_SIZES,
    SIGLIP_SIZES,
    merged,
)

Config = dict[str, Any]
SCHEDULER = "scheduler/scheduler_config.json"


@dataclass(frozen=True)
class Release:
    """`base` is the test checkpoint whose small files it has; the rest is what the release says
    otherwise, by component or file."""

    name: str
    base: Path
    configs: dict[str, Config]
    files: dict[str, Config] = field(default_factory=dict)
    # Where the release's component is of another class than the test checkpoint's.
    classes: dict[str, list[str]] = field(default_factory=dict)


def hunyuan(variant: str) -> Release:
    pictured = "i2v" in variant
    wide = variant.startswith("720p")
    step_distilled = variant.endswith("step_distilled")
    configs = json.loads(json.dumps(HUNYUAN15_SIZES))
    configs["transformer"] |= {
        "target_size": 960 if wide else 640,
        "task_type": "i2v" if pictured else "t2v",
        "use_meanflow": step_distilled,
    }
    shift = 7.0 if step_distilled or (wide and pictured) else 9.0 if wide else 5.0
    return Release(
        f"HunyuanVideo-1.5-Diffusers-{variant}",
        DATA / "hunyuan15" / ("i2v" if pictured else "t2v") / "model",
        configs | ({"image_encoder": SIGLIP_SIZES} if pictured else {}),
        {
            SCHEDULER: {"shift": shift},
            "guider/guider_config.json": {"guidance_scale": 1.0 if "distilled" in variant else 6.0},
        },
    )


def ltx(name: str, version: str, distilled: bool) -> Release:
    def defaults(kind: Any) -> Config:
        with torch.device("meta"):
            return {key: value for key, value in kind().config.items() if not key.startswith("_")}

    newer = version == "2.3"
    kinds = {
        "transformer": diffusers.LTX2VideoTransformer3DModel,
        "vae": diffusers.AutoencoderKLLTX2Video,
        "audio_vae": diffusers.AutoencoderKLLTX2Audio,
        "connectors": ltx2.LTX2TextConnectors,
        "vocoder": ltx2.vocoder.LTX2VocoderWithBWE if newer else ltx2.LTX2Vocoder,
    }
    own = {
        "transformer": {"rope_type": "split"},
        "connectors": {"rope_type": "split"},
        "vae": {
            "decoder_causal": False,
            "spatial_compression_ratio": 32,
            "temporal_compression_ratio": 8,
        },
    }
    configs = {
        part: defaults(kind) | own.get(part, {}) | (LTX2_3_SIZES.get(part, {}) if newer else {})
        for part, kind in kinds.items()
    }
    vision = SIGLIP_SIZES | {"image_size": 896}
    text_encoder = {"text_config": GEMMA_SIZES, "vision_config": vision}
    dynamic = {"use_dynamic_shifting": not distilled, "shift_terminal": None if distilled else 0.1}
    return Release(
        name,
        DATA / "ltx2" / "t2v" / "model",
        configs | {"text_encoder": text_encoder},
        {SCHEDULER: dynamic},
        {"vocoder": ["ltx2", "LTX2VocoderWithBWE"]} if newer else {},
    )


RELEASES: list[Callable[[], Release]] = [
    *(
        lambda variant=variant: hunyuan(variant)
        for variant in [
            *["480p_t2v", "480p_i2v", "720p_t2v", "720p_i2v", "480p_t2v_distilled"],
            *["480p_i2v_distilled", "720p_i2v_distilled", "480p_i2v_step_distilled"],
        ]
    ),
    lambda: ltx("LTX-2", "2.0", distilled=False),
    lambda: ltx("LTX-2-19b-distilled", "2.0", distilled=True),
    lambda: ltx("LTX-2.3-Diffusers", "2.3", distilled=False),
    lambda: ltx("LTX-2.3-Distilled-Diffusers", "2.3", distilled=True),
]


@functools.cache
def _shapes(library: str, kind: str, config_text: str) -> dict[str, tuple[int, ...]]:
    """As the reference's class has them, without any memory; many releases share a component."""
    config = json.loads(config_text)
    with torch.device("meta"):
        if library == "transformers":
            model_class = getattr(transformers, kind)
            model = model_class(model_class.config_class.from_dict(config))
        else:
            place = diffusers if library == "diffusers" else ltx2
            model = getattr(place, kind, None) or getattr(ltx2.vocoder, kind)
            model = model.from_config(config)
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def _write_holes(path: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    header: Config = {}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + 2 * torch.Size(shape).numel()
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)


def make(release: Release, folder: Path) -> Path:
    """The checkpoint in a folder of its name."""
    target = folder / release.name
    shutil.copytree(
        release.base, target, ignore=shutil.ignore_patterns("*.safetensors", "*.index.json")
    )
    index = json.loads((target / "model_index.json").read_text()) | release.classes
    (target / "model_index.json").write_text(json.dumps(index))
    for name, changes in release.files.items():
        file = target / name
        file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    for part, changes in release.configs.items():
        file = target / part / "config.json"
        library, kind = index[part]
        old = {} if part in release.classes else json.loads(file.read_text())
        config = merged(old, changes) | {"_class_name": kind}
        text = json.dumps(config)
        file.write_text(text)
        name = "model" if library == "transformers" else "diffusion_pytorch_model"
        _write_holes(target / part / f"{name}.safetensors", _shapes(library, kind, text))
    return target
