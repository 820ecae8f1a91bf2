"""Kinema and diffusers in turn on one device, with one checkpoint, noise and size, and how far both are from float32.

Programs run in one order and then in the opposite one, so that a clock that falls or a device that warms up meets all alike.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from context import HUNYUAN15, LTX2, Context, Size, Subject, peak_rows, stage_rows
from gates import gate_checks
from measured import Failure, Result, Skip
from program import Metrics, generate
from floors import floor_of, shares

# What diffusers' pipeline is called with, from what our job was resolved to.
LTX2_ARGUMENTS = [
    *(f"{stream}{name}" for stream in ("", "audio_") for name in ("guidance_scale", "stg_scale", "modality_scale", "guidance_rescale")),
    *("spatio_temporal_guidance_blocks", "use_cross_timestep", "decode_timestep", "max_sequence_length"),
]
GATE_SECONDS = 45  # that the gate may take; running once more must leave it them
GATED = ["noise_pred_0", "audio_noise_pred_0", "latents_final", "audio_latents_final", "video", "audio"]


@dataclass
class Program:
    """What is timed; `run` gives the seconds of its later steps and a row of whatever else it found."""

    name: str
    run: Callable[[], tuple[list[float], Result]]
    runs: list[list[float]] = field(default_factory=list)
    row: Result = field(default_factory=dict)


def small(context: Context) -> Result:
    """HunyuanVideo 1.5's shorter video, with the gate that comes before speed."""
    return compared(context, HUNYUAN15, "small", ["patched", "cudnn", "shipped"], gated=True)


def long(context: Context) -> Result:
    """The longer one, once each: diffusers as it is shipped would take too long."""
    return compared(context, HUNYUAN15, "long", ["patched"], both_ways=False)


def large(context: Context) -> Result:
    """The largest that is listed."""
    return compared(context, HUNYUAN15, "large", [], both_ways=False)


def compiled(context: Context) -> Result:
    """The shorter video beside diffusers with compiled blocks, which take long to begin and say nothing on a CPU."""
    if context.device != "cuda":
        raise Skip("compiled blocks are for GPUs")
    return compared(context, HUNYUAN15, "small", ["compiled"], both_ways=False)


def ltx2(context: Context) -> Result:
    """LTX-2's part of a model with all passes a step, and the gate, of picture and sound."""
    return compared(context, LTX2, "small", ["patched", "cudnn", "shipped"], gated=True)


def compared(context: Context, subject: Subject, which: str, variants: list[str], gated: bool = False, both_ways: bool = True) -> Result:
    size = context.size(subject, which)
    ours = [our_program(context, subject, size, kernels, keeps=gated) for kernels in context.kernels]
    result: Result = {"tables": {}}
    theirs: list[Program] = []
    # Ours first, while the device is theirs alone; they tell what diffusers must be called with.
    in_turn(ours)
    call = diffusers_call(subject, size, ours[0].row.get("job", {}))
    try:
        if variants:
            context.diffusers.open(subject.family, context.checkpoint(subject), context.device, context.work, context.clock.limit(120))
            result["diffusers_load_s"] = context.diffusers.load_s
            theirs = [their_program(context, name, call, decodes=gated and name != "patched") for name in variants]
    except (Skip, Failure) as reason:
        result["without_diffusers"] = str(reason)
    in_turn(theirs)
    if both_ways:
        in_turn([*reversed(theirs), *reversed(ours)], worth=lambda spent: context.clock.left() > spent + (GATE_SECONDS if gated else 0))
    result["rows"] = rows_of(context, subject, size, [*ours, *theirs])
    result["tables"]["peaks"] = [{"program": one.name, **row} for one in ours for row in one.row.get("peaks", [])]
    if gated and theirs:
        result |= gate(context, call, ours, result["tables"])
    if theirs:
        result["tables"]["kernels"] = slowest_kernels(context, theirs, replace(size, steps=2), call)
    # A baseline that cannot be run here says nothing of Kinema.
    failed = [f"{row['program']}: {row['failed']}" for row in result["rows"] if "failed" in row and row["program"].startswith("kinema")]
    if failed:
        raise Failure("; ".join(failed), result)
    if not any("step_s" in row for row in result["rows"]):
        raise Failure("nothing could be timed", result)
    return result


def in_turn(programs: list[Program], worth: Callable[[float], bool] = lambda _: True) -> None:
    """Each once. What has failed is not tried again; `worth` is asked with the seconds that the program took before."""
    for program in programs:
        if "failed" in program.row or not worth(program.row.get("run_s", 0.0)):
            continue
        try:
            steps, row = program.run()
        except Skip:
            raise
        except Exception as error:  # whatever it is, the others are timed
            program.row["failed"] = str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
            continue
        program.runs.append(steps)
        program.row = {**row, **program.row}


def our_program(context: Context, subject: Subject, size: Size, kernels: str, keeps: bool) -> Program:
    """Its first run keeps its tensors if `keeps`. Rounds as diffusers does: the two are compared."""
    name = f"kinema, {kernels}"

    def run() -> tuple[list[float], Result]:
        flags = [*context.job(subject, size, kernels), "--numerics=reference"]
        kept = context.work / f"{subject.family}_{kernels}.safetensors"
        first = keeps and not kept.exists()
        done = generate(context.program, flags, context.clock.limit(150), tensors=first)
        if first:
            keep(done.tensors, kept)
        steps = done.metrics["stages"]["denoise"]["step_seconds"]
        return steps[1:], our_row(done.metrics) | {"run_s": round(done.seconds, 2), **({"kept": str(kept)} if first else {})}

    return Program(name, run)


def our_row(metrics: Metrics) -> Result:
    row = {name: value for name, value in stage_rows(metrics).items() if name != "step_s"}
    return {"tokens": metrics.get("tokens"), **row, "peaks": peak_rows(metrics), "job": metrics["job"]}


def keep(tensors: dict[str, Any], path: Path) -> None:
    from safetensors.torch import save_file

    save_file({name: tensors[name] for name in GATED if name in tensors}, path)


def diffusers_call(subject: Subject, size: Size, job: dict[str, Any]) -> Result:
    more = {name: job[name] for name in LTX2_ARGUMENTS if job.get(name) is not None} if subject.family == "ltx2" else {}
    return {"width": size.width, "height": size.height, "num_frames": size.frames, "num_inference_steps": size.steps, **more}


def their_program(context: Context, variant: str, call: Result, decodes: bool) -> Program:
    def run() -> tuple[list[float], Result]:
        wanted = {"variant": variant, "call": call, "decodes": decodes, "counts_kernels": False}
        answer = context.diffusers.ask({"run": wanted}, context.clock.limit(120))
        return answer.pop("steps_s"), {name: value for name, value in answer.items() if name != "kernels"}

    return Program(f"diffusers, {variant}", run)


def rows_of(context: Context, subject: Subject, size: Size, programs: list[Program]) -> list[Result]:
    """The median of all later steps, how far the runs' medians lie apart, and the ratio to each of ours."""
    floor = floor_of(context, subject, size)
    blocks = f", {subject.layers} blocks" if subject.layers and context.sizes == "full" else ""
    rows: list[Result] = []
    for program in programs:
        row: Result = {"program": program.name, "size": f"{size}{blocks}"}
        if steps := [seconds for run in program.runs for seconds in run]:
            medians = [statistics.median(run) for run in program.runs if run]
            row["step_s"] = round(statistics.median(steps), 4)
            row["runs"] = len(medians)
            row["spread_%"] = round(100 * (max(medians) - min(medians)) / row["step_s"], 1)
            row |= shares(floor, row["step_s"])
        row |= {name: value for name, value in program.row.items() if name not in ("peaks", "job", "kept")}
        rows.append(row)
    for ours in [row for row in rows if row["program"].startswith("kinema") and "step_s" in row]:
        for row in rows:
            if "step_s" in row and row is not ours:
                row[f"times_{ours['program'].split(', ')[1]}"] = round(row["step_s"] / ours["step_s"], 3)
    return rows


def gate(context: Context, call: Result, ours: list[Program], tables: Result) -> Result:
    tensors = {program.name: program.row["kept"] for program in ours if "kept" in program.row}
    try:
        found = context.diffusers.ask({"gate": {"call": call, "tensors": tensors}}, context.clock.limit(120))
    except Failure as failure:
        return {"checks": [{"check": "the gate", "measured": str(failure), "bound": "done", "ok": False}]}
    for name, rows in found.items():
        tables[f"gate, {name.replace('_', ' ')}"] = rows
    return {"checks": gate_checks(found)}


def slowest_kernels(context: Context, theirs: list[Program], size: Size, call: Result) -> list[Result]:
    """Ten of each variant's second step, as far as there is time."""
    rows: list[Result] = []
    for program in theirs:
        variant = program.name.split(", ")[1]
        if variant == "cudnn" or "failed" in program.row or context.clock.left() < 20:
            continue
        wanted = {"variant": variant, "call": call | {"num_inference_steps": size.steps}, "decodes": False, "counts_kernels": True}
        try:
            rows += [{"program": program.name, **kernel} for kernel in context.diffusers.ask({"run": wanted}, context.clock.limit(60))["kernels"]]
        except Failure as failure:
            rows.append({"program": program.name, "kernel": str(failure)})
    return rows
