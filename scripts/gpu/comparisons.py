"""Parts that compare small runs: with the reference's tensors, with the CPU, and between layouts."""

import itertools
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases_here import committed_cases, new_cases
from communication import group_rows, gpus, keep
from context import CASES, Context
from measured import Failure, Result
from program import Generated, generate

# float32 must give the reference's numbers on any device. In bfloat16 the CPU's own distance from
# them says how much rounding is, and a GPU may round about as much.
TOLERANCE = 1e-4
BFLOAT16_FACTOR, BFLOAT16_SLACK = 3.0, 2e-3
COMPARED = ["prompt_embeds", "latents_initial", "noise_pred_0", "latents_final", "video"]
# LTX-2's sound, where the reference has it.
COMPARED += ["audio_latents_initial", "audio_noise_pred_0", "audio_latents_final", "audio"]
EXACT = ("latents_initial", "audio_latents_initial")
# Equal bits where the arithmetic is the same, otherwise least PSNR in dB of the 8-bit frames.
LAYOUTS: list[tuple[str, list[str], bool, float]] = [
    ("CFG2", ["--cfg-parallel-size=2"], False, float("inf")),
    ("VAEPP2", ["--vae-patch-parallel-size=2"], True, float("inf")),
    ("USP2", ["--ulysses-degree=2"], False, 60),
    ("ring2", ["--ring-degree=2"], False, 50),
    ("TP2", ["--tensor-parallel-size=2"], False, 50),
    ("USP4", ["--ulysses-degree=4"], False, 60),
    ("USP2+ring2", ["--ulysses-degree=2", "--ring-degree=2"], False, 50),
    ("CFG2+USP2+VAEPP4", ["--cfg-parallel-size=2", "--ulysses-degree=2", "--vae-patch-parallel-size=4"], True, 60),
    ("TP2+CFG2+VAEPP4", ["--tensor-parallel-size=2", "--cfg-parallel-size=2", "--vae-patch-parallel-size=4"], True, 50),
]


def case_flags(case_dir: Path, device: str, dtype: str, tiled: bool) -> list[str]:
    """The case's call for this device, without the outputs that `generate` chooses itself."""
    from kinema_program import generate_arguments, read_case

    own = ("--device=", "--dtype=", "--output=", "--save-tensors=", "--metrics=", "--overwrite")
    flags = generate_arguments(case_dir, read_case(case_dir), tiled, Path("unused"))
    return [flag for flag in flags if not flag.startswith(own)] + [f"--device={device}", f"--dtype={dtype}"]


def errors(case_dir: Path, got: dict[str, Any], tiled: bool) -> dict[str, float]:
    """Largest difference of each tensor from the reference's, as a share of its scale."""
    from compare_run import expected_tensors
    from safetensors.torch import load_file
    from tensor_comparison import compare

    want = expected_tensors(load_file(case_dir / "expected.safetensors"), COMPARED, tiled)
    rows = [compare(name, got.get(name), want[name], TOLERANCE) for name in COMPARED if name in want]
    for row in rows:
        if row.problem:
            raise Failure(f"{label(case_dir)}: {row.name}: {row.problem}")
    return {row.name: row.error for row in rows}


@dataclass(frozen=True)
class Comparison:
    case_dir: Path
    tiled: bool
    dtype: str
    kernels: str


def comparisons_of(context: Context, case_dir: Path) -> list[Comparison]:
    """Whole in both types with each kind of kernels; tiles, which no kernel knows of, once."""
    whole = [Comparison(case_dir, False, dtype, kernels) for dtype, kernels in itertools.product(context.dtypes, context.kernels)]
    return [*whole, *([Comparison(case_dir, True, "float32", "reference")] if has_tiles(case_dir) else [])]


def reference(context: Context) -> Result:
    """Every stage against diffusers' float32 tensors: of the committed cases, then of some that are made on the spot, as far as there is time."""
    rows: list[Result] = []
    on_cpu: dict[Path, float] = {}
    for cases, worth in ((committed_cases, 5.0), (new_cases, 50.0)):
        if context.clock.left() < worth:
            break
        try:
            found = cases(context)
        except Failure as failure:
            rows.append({"case": "made on the spot", "ok": True, "not_done": str(failure)})
            break
        for wanted in itertools.chain.from_iterable(comparisons_of(context, case_dir) for case_dir in found):
            row: Result = {"case": label(wanted.case_dir), "tiled": wanted.tiled, "dtype": wanted.dtype, "kernels": wanted.kernels}
            if context.clock.left() < 10:
                rows.append(row | {"ok": True, "not_done": "no time"})
                continue
            try:
                row |= compared(context, wanted, on_cpu)
            except Failure as failure:
                row |= {"ok": False, "failed": str(failure)}
            rows.append(row)
    if not all(row["ok"] for row in rows):
        raise Failure("a comparison is out of bounds", {"rows": rows})
    return {"rows": rows}


def label(case_dir: Path) -> str:
    """Both families' cases have the same names."""
    return f"{case_dir.parent.name}/{case_dir.name}"


def has_tiles(case_dir: Path) -> bool:
    return json.loads((case_dir / "case.json").read_text(encoding="utf-8")).get("tiling") is not None


def compared(context: Context, wanted: Comparison, on_cpu: dict[Path, float]) -> Result:
    """`on_cpu` keeps how far a case's embeddings are off in bfloat16 there."""

    def measured(device: str) -> dict[str, float]:
        own = [f"--kernels={wanted.kernels}"] if device == "cuda" else []
        flags = [*case_flags(wanted.case_dir, device, wanted.dtype, wanted.tiled), *own]
        return errors(wanted.case_dir, generate(context.program, flags, context.clock.limit(60), tensors=True).tensors, wanted.tiled)

    found = measured(context.device)
    if wanted.dtype == "float32":
        return {**found, "ok": all(error <= (0 if name in EXACT else TOLERANCE) for name, error in found.items())}
    # A bfloat16 run draws its noise in bfloat16, which is another noise than the reference's.
    if wanted.case_dir not in on_cpu:
        on_cpu[wanted.case_dir] = (found if context.device == "cpu" else measured("cpu"))["prompt_embeds"]
    bound = BFLOAT16_FACTOR * on_cpu[wanted.case_dir] + BFLOAT16_SLACK
    return {**found, "cpu_prompt_embeds": on_cpu[wanted.case_dir], "ok": found["prompt_embeds"] <= bound}


# A first bound, to be set from what GPUs show.
LEAST_AGREEMENT = 25.0


def devices_agree(context: Context) -> Result:
    """The same bfloat16 job here and on the CPU, from the same noise; on the CPU, with one thread and two."""
    from frame_psnr import psnr

    other = ["--threads=2"] if context.device == "cpu" else []
    rows: list[Result] = []
    for case_dir in committed_cases(context):
        plans = [(context.device, other), ("cpu", ["--threads=1"])]
        row: Result = {"case": label(case_dir), "equal_noise": False, "psnr_dB": 0.0}
        rows.append(row)
        try:
            here, there = (
                generate(context.program, [*case_flags(case_dir, device, "bfloat16", False), *extra], context.clock.limit(60), tensors=True).tensors
                for device, extra in plans
            )
        except Failure as failure:
            row["failed"] = str(failure)
            continue
        row["equal_noise"] = bool((here["latents_initial"] == there["latents_initial"]).all())
        row["psnr_dB"] = psnr(here["video"], there["video"])
    if not all(row["equal_noise"] and row["psnr_dB"] >= LEAST_AGREEMENT for row in rows):
        raise Failure("the devices disagree", {"rows": rows})
    return {"rows": rows}


def ranks_of(flags: list[str]) -> int:
    degrees = {name: int(size) for name, size in (flag.split("=") for flag in flags)}
    decoding = degrees.pop("--vae-patch-parallel-size", 1)
    return max(math.prod(degrees.values()), decoding)


def layouts(context: Context) -> Result:
    """Several processes against one: over NCCL where there is a GPU for each, over Gloo where they share one."""
    from frame_psnr import psnr

    case_dir = CASES / "t2v"

    def run_layout(flags: list[str], tiled: bool) -> Generated:
        shared = ["--share-gpus"] if context.device == "cuda" and ranks_of(flags) > max(1, gpus()) else []
        own = [*case_flags(case_dir, context.device, "float32", tiled), *flags, *shared, "--threads=1"]
        return generate(context.program, own, context.clock.limit(90), tensors=True)

    alone = {tiled: run_layout([], tiled) for tiled in (False, True)}
    rows: list[Result] = []
    talk: list[Result] = []
    for name, flags, tiled, bound in LAYOUTS:
        row: Result = {"layout": name, "bound_dB": bound}
        try:
            done = run_layout(flags, tiled)
            value = psnr(done.tensors["video"], alone[tiled].tensors["video"])
            sent = sum(sum(rank["bytes_sent"].values()) for rank in done.metrics["ranks"])
            row |= {"psnr_dB": value, "ok": value >= bound, "seconds": round(done.seconds, 1), "bytes_sent": sent}
            talk += group_rows(name, done.metrics)
        except Failure as failure:
            row |= {"ok": False, "failed": str(failure)}
        rows.append(row)
    keep(context, talk)
    if not all(row["ok"] for row in rows):
        raise Failure("a layout is out of bounds", {"rows": rows})
    return {"rows": rows}
