"""One timed run of the reference pipeline in a process of its own; writes one JSON object of
seconds.

usage: benchmark_diffusers.py CASE_DIR SPAWNED_AT OUT.json   (the benchmark starts it)
"""

import functools
import json
import sys
import time
from pathlib import Path
from typing import Any

import reference_environment


def timed(function: Any, into: list[float]) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        start = time.monotonic()
        result = function(*args, **kwargs)
        into.append(time.monotonic() - start)
        return result

    return wrapper


def main() -> None:
    case_dir, spawned_at = Path(sys.argv[1]), float(sys.argv[2])
    import torch

    reference_environment.settle_torch()
    torch.use_deterministic_algorithms(False)
    from hunyuan15.run import call_pipeline, load_pipeline
    from hunyuan15.spec import Call

    started = time.time() - spawned_at
    start = time.monotonic()
    pipeline = load_pipeline(case_dir / "model")
    load = time.monotonic() - start
    case = json.loads((case_dir / "case.json").read_text(encoding="utf-8"))
    names = [
        "prompt",
        "negative_prompt",
        "height",
        "width",
        "num_frames",
        "num_inference_steps",
        "guidance_scale",
        "seed",
    ]
    encode: list[float] = []
    decode: list[float] = []
    step_ends: list[float] = []
    pipeline.encode_prompt = timed(pipeline.encode_prompt, encode)
    pipeline.vae.decode = timed(pipeline.vae.decode, decode)
    set_timesteps, step = pipeline.scheduler.set_timesteps, pipeline.scheduler.step

    def note_end(function: Any) -> Any:
        @functools.wraps(function)  # the pipeline reads the signature
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            step_ends.append(time.monotonic())
            return result

        return wrapper

    pipeline.scheduler.set_timesteps, pipeline.scheduler.step = (
        note_end(set_timesteps),
        note_end(step),
    )
    call_pipeline(pipeline, Call(**{name: case[name] for name in names}), None)
    steps = [after - before for before, after in zip(step_ends, step_ends[1:])]
    stages = {"start": started, "load": load, "encode_text": sum(encode), "decode": sum(decode)}
    Path(sys.argv[3]).write_text(json.dumps({**stages, "step_seconds": steps}), encoding="utf-8")


if __name__ == "__main__":
    main()
