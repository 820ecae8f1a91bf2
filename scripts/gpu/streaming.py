"""Streamed weights: each home against the run that keeps everything, bit for bit, and what was planned beside what was measured."""

from typing import Any

from comparisons import case_flags
from context import CALL, CASES, SIZES, Context, stage_rows
from measured import Failure, Result
from program import Generated, generate

# Every block, where the plan alone would keep as many as it takes to hide the rest.
EVERY = ["--resident-blocks=0"]
HSDP = ["--use-hsdp", "--hsdp-shard-size=2", *EVERY]
OFFLOAD = ["--offload=block", *EVERY]
# Of the full-size checkpoint in one process, and of a small case in two that share the device; the first of each keeps everything.
ALONE: list[list[str]] = [[], OFFLOAD, [*OFFLOAD, "--stream-slots=3"], ["--offload=block"]]
SHARED: list[list[str]] = [[], OFFLOAD, HSDP, [*HSDP, "--offload=block"]]
COMPARED = ["latents_final", "video"]


def streaming(context: Context) -> Result:
    """What every home costs in time and saves in memory; no bit may differ from the run without it."""
    size = SIZES[context.sizes][0]
    alone = [f"--model={context.checkpoint}", *CALL, *size.flags(), f"--device={context.device}", "--dtype=bfloat16"]
    sharing = ["--share-gpus"] if context.device == "cuda" else []
    two = [*case_flags(CASES / "t2v", context.device, "float32", tiled=False), "--cfg-parallel-size=2", "--threads=1", *sharing]
    rows = [*compared(context, alone, ALONE, str(size)), *compared(context, two, SHARED, "small, CFG2")]
    if not all(row.get("equal_bits") for row in rows):
        raise Failure("a streamed run failed or differs from the one that keeps every block", {"rows": rows})
    return {"rows": rows}


def compared(context: Context, flags: list[str], plans: list[list[str]], size: str) -> list[Result]:
    rows: list[Result] = []
    want: Generated | None = None
    for number, extra in enumerate(plans):
        row: Result = {"run": " ".join(extra) or "resident", "size": size}
        rows.append(row)
        trace = context.out / f"trace_{size.replace(', ', '_')}_{number}.json"
        try:
            done = generate(context.program, [*flags, *extra, f"--trace={trace}"], context.clock.limit(180), tensors=True)
        except Failure as failure:
            row["failed"] = str(failure)
            continue
        want = want or done
        row["equal_bits"] = all(bool((done.tensors[key] == want.tensors[key]).all()) for key in COMPARED)
        row |= {**stage_rows(done.metrics), **stream_row(done.metrics)}
        if done is not want:
            before = stage_rows(want.metrics)["step_s"]
            row["step_ratio"] = round(row["step_s"] / before, 4)
            # What streaming may add: what was planned, and one part in twenty.
            row["within_plan"] = row["step_s"] <= before * 1.05 + row["planned_exposed_s"]
    return rows


def stream_row(metrics: dict[str, Any]) -> Result:
    """The transformer's stream on the first rank, seconds of a block or (exposed) of a step, planned and measured."""
    stream = metrics["ranks"][0]["stages"]["denoise"].get("streams", {}).get("transformer")
    if stream is None:
        return {}
    planned, uses = stream["planned"], max(1, stream["fetches"])
    blocks = max(1, len(stream["blocks"]))
    return {
        "home": stream["home"],
        "units": stream["units"],
        "slots": stream["slots"],
        "fetch_s": stream["fetching_seconds"] / uses,
        "planned_fetch_s": planned["fetch_seconds"],
        "compute_s": sum(stream["block_compute_seconds"]) / blocks,
        "planned_compute_s": planned["compute_seconds"],
        "exposed_s": stream["exposed_seconds"] / max(1, stream["passes"]),
        "planned_exposed_s": planned["exposed_seconds"],
        "overlap": stream["overlap"],
        "fetched_GB_per_s": stream["fetched_bytes"] / max(1e-9, stream["fetching_seconds"]) / 1e9,
    }
