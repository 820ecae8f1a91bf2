"""diffusers on the same device, checkpoint, noise and size, as it is shipped and improved; and how far both are from float32."""

import json
import sys
from dataclasses import replace
from pathlib import Path

from context import CALL, HERE, LTX2_CALL, LTX2_SIZES, SIZES, Context, Size, stage_rows
from measured import Failure, Result, Skip
from program import Generated, generate, must, run

# Of our first step in bfloat16 from one in float32, against diffusers' own; and of our decoder's frames from float32's, in dB.
GATE_DISTANCE, GATE_DECODE = 1.1, 50.0
# What diffusers' pipeline is called with, from what our job was resolved to.
LTX2_ARGUMENTS = [
    *(f"{stream}{name}" for stream in ("", "audio_") for name in ("guidance_scale", "stg_scale", "modality_scale", "guidance_rescale")),
    *("spatio_temporal_guidance_blocks", "use_cross_timestep", "decode_timestep", "max_sequence_length"),
]


def beside_diffusers(context: Context) -> Result:
    """HunyuanVideo 1.5, with the gate that comes before speed."""
    small, large = SIZES[context.sizes]
    ours = our_run(context, [*CALL, "--numerics=reference"], small)
    brief = replace(small, steps=2)
    runs = [
        their_run("shipped", small, decodes=True),
        their_run("patched", small),
        their_run("cudnn", small),
        their_run("shipped", brief, counts_kernels=True),
        their_run("patched", brief, counts_kernels=True),
        their_run("patched", large),
        *compiled_too(context, small),
    ]
    tensors = context.work / "ours.safetensors"
    keep(ours, tensors)
    theirs = timed(context, {"family": "hunyuan15", "runs": runs, "gate": str(tensors)})
    result = rows_of(small, ours, theirs)
    gate = theirs.get("gate")
    if gate is None:
        raise Failure(f"no gate: {theirs.get('gate_failed', 'the first run failed')}", result)
    most = GATE_DISTANCE * gate["their_distance"]
    result["tables"]["gate"] = [{**gate, "most_distance": most, "least_psnr_dB": GATE_DECODE}]
    if gate["our_distance"] > most or gate["decode_psnr_dB"] < GATE_DECODE:
        raise Failure("further from float32 than allowed", result)
    return result


def beside_diffusers_ltx2(context: Context) -> Result:
    """LTX-2's part, all passes a step."""
    size = LTX2_SIZES[context.sizes][0]
    ours = our_run(context, LTX2_CALL, size)
    job = ours.metrics["job"]
    more = {name: job[name] for name in LTX2_ARGUMENTS if job.get(name) is not None}
    runs = [
        their_run("shipped", size, more, decodes=True),
        their_run("patched", size, more),
        their_run("patched", replace(size, steps=2), more, counts_kernels=True),
        *compiled_too(context, size, more),
    ]
    return rows_of(size, ours, timed(context, {"family": "ltx2", "runs": runs, "gate": ""}))


def their_run(variant: str, size: Size, more: Result | None = None, decodes: bool = False, counts_kernels: bool = False) -> Result:
    call = {"width": size.width, "height": size.height, "num_frames": size.frames, "num_inference_steps": size.steps, **(more or {})}
    return {"variant": variant, "call": call, "decodes": decodes, "counts_kernels": counts_kernels}


def compiled_too(context: Context, size: Size, more: Result | None = None) -> list[Result]:
    """The last, since it takes the longest to begin; on a CPU it says nothing."""
    return [their_run("compiled", size, more)] if context.device == "cuda" else []


def our_run(context: Context, call: list[str], size: Size) -> Generated:
    if run([sys.executable, "-c", "import diffusers"], context.clock.limit(60)).status != 0:
        raise Skip("diffusers is not installed here")
    flags = [f"--model={context.checkpoint}", *call, *size.flags(), f"--device={context.device}", "--dtype=bfloat16"]
    return generate(context.program, flags, context.clock.limit(120), tensors=True)


def keep(ours: Generated, path: Path) -> None:
    from safetensors.torch import save_file

    save_file({name: ours.tensors[name] for name in ("noise_pred_0", "latents_final", "video")}, path)


def timed(context: Context, plan: Result) -> Result:
    """What time_diffusers.py has found, also where it ran out of time."""
    out = context.work / f"diffusers_{plan['family']}"
    out.mkdir(exist_ok=True)
    command = [sys.executable, str(HERE / "time_diffusers.py"), str(context.checkpoint), context.device, json.dumps(plan), str(out)]
    failure: Failure | None = None
    try:
        must(command, context.clock.limit(300))
    except Failure as reason:
        failure = reason
    if not (out / "found.json").exists():
        raise failure or Failure("time_diffusers.py has written nothing")
    found: Result = json.loads((out / "found.json").read_text(encoding="utf-8")) | {"folder": str(out)}
    if failure:
        found["rows"].append({"program": "diffusers, what was left", "failed": str(failure)})
    return found


def rows_of(size: Size, ours: Generated, theirs: Result) -> Result:
    """Both programs' figures, the ratio of steps to ours, and how near the frames are."""
    from psnr import psnr
    from safetensors.torch import load_file

    kinema: Result = {"program": "kinema", "size": str(size), **stage_rows(ours.metrics)}
    for row in theirs["rows"]:
        if row.get("size") == str(size) and "step_s" in row:
            row["step_ratio"] = round(row["step_s"] / kinema["step_s"], 2)
    video = Path(theirs["folder"]) / "tensors.safetensors"
    if video.exists():
        kinema["psnr_dB"] = psnr(ours.tensors["video"], load_file(video)["video"])
    result: Result = {"rows": [kinema, *theirs["rows"]], "diffusers_load_s": theirs["load_s"], "tables": {"kernels": theirs["kernels"]}}
    failed = [row["program"] for row in theirs["rows"] if "failed" in row]
    if failed:
        result["not_measured"] = failed
    return result
