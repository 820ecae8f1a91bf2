"""Streamed weights: each home against the run that keeps everything, bit for bit, and what was planned beside what was measured."""

import gzip
import itertools
import shutil
from pathlib import Path

from comparisons import case_flags
from context import CASES, HUNYUAN15, Context, stage_rows
from measured import Check, Failure, Result, check
from program import Generated, Metrics, generate, must

# Every block, where the plan alone would keep as many as it takes to hide the rest.
EVERY = ["--resident-blocks=0"]
HSDP = ["--use-hsdp", "--hsdp-shard-size=2", *EVERY]
OFFLOAD = ["--offload=block", *EVERY]
# Of the full-size checkpoint in one process, and of a small case in two that share the device; the first of each keeps everything.
ALONE: list[list[str]] = [[], OFFLOAD, [*OFFLOAD, "--stream-slots=3"], ["--offload=block"]]
SHARED: list[list[str]] = [[], OFFLOAD, ["--offload=disk", *EVERY], HSDP, [*HSDP, "--offload=block"]]
COMPARED = ["latents_final", "video"]
PINNED = "host memory"
HOMES = "homes of the weights"  # above their table in the output of `kinema plan`
# A block that computes longer than it is fetched may cost at most so much; two runs alone differ by less than the other.
MOST_WHERE_HIDDEN, NOISE = 0.05, 0.02


def streaming(context: Context) -> Result:
    """Every block from pinned host memory; the trace of the first streamed run stays."""
    context.diffusers.close()  # its memory would be counted
    size = context.size(HUNYUAN15, "small")
    flags = context.job(HUNYUAN15, size)
    found = compared(context, flags, ALONE, trace=context.out / "trace_streaming.json")
    try:
        found["tables"] = {"homes": homes_of(context, flags)}
    except (Failure, ValueError) as error:  # its text is not what is looked for here
        found["checks"].append(check("the plan's homes of the weights", str(error), "told", False))
    return found


def streaming_shared(context: Context) -> Result:
    """Two processes on one device, small and in float32: homes that are shared, for their bits."""
    sharing = ["--share-gpus"] if context.device == "cuda" else []
    flags = [*case_flags(CASES / "t2v", context.device, "float32", tiled=False), "--cfg-parallel-size=2", "--threads=1", *sharing]
    return compared(context, flags, SHARED, trace=None)


def compared(context: Context, flags: list[str], plans: list[list[str]], trace: Path | None) -> Result:
    rows: list[Result] = []
    checks: list[Check] = []
    want: Generated | None = None
    for extra in plans:
        row: Result = {"run": " ".join(extra) or "resident"}
        rows.append(row)
        traced = trace is not None and extra == OFFLOAD
        own = [*flags, *extra, *([f"--trace={trace}"] if traced else [])]
        try:
            done = generate(context.program, own, context.clock.limit(120), tensors=True)
        except Failure as failure:
            row["failed"] = str(failure)
            checks.append(check(row["run"], str(failure), "done", False))
            continue
        want = want or done
        row |= {"equal_bits": equal(done, want), **steps_of(done.metrics), **stream_row(done.metrics)}
        if done is not want:
            checks.append(check(f"{row['run']}: bits as without", row["equal_bits"], "equal", row["equal_bits"]))
            if trace is not None:
                checks += cost_checks(row, rows[0], context.device)
    if trace is not None and trace.exists():
        compress(trace)
    return {"rows": rows, "checks": checks}


def equal(got: Generated, want: Generated) -> bool:
    return all(bool((got.tensors[key] == want.tensors[key]).all()) for key in COMPARED)


def steps_of(metrics: Metrics) -> Result:
    row = {key: value for key, value in stage_rows(metrics).items() if key in ("load_s", "first_step_s", "step_s")}
    for kind in ("allocated", "device"):
        if peak := metrics["stages"]["denoise"].get(f"peak_{kind}_bytes"):
            row[f"{kind}_GB"] = round(peak / 1e9, 2)
    return row


def cost_checks(row: Result, resident: Result, device: str) -> list[Check]:
    """A step may take longer by what was planned to be waited for; where computing exceeds fetching, by a twentieth at most.

    On a CPU the files are the blocks' home, and fetching takes the cores that compute: nothing is held to a bound there.
    """
    before = resident["step_s"]
    row["step_ratio"] = round(row["step_s"] / before, 4)
    if device == "cpu":
        return []
    bound = before * (1 + NOISE) + row["planned_exposed_s"]
    checks = [check(f"{row['run']}: home", row["home"], PINNED, row["home"] == PINNED)]
    checks.append(check(f"{row['run']}: seconds of a step, as planned", row["step_s"], f"<= {bound:.4g}", row["step_s"] <= bound))
    if row["planned_compute_s"] >= row["planned_fetch_s"]:
        most = 1 + MOST_WHERE_HIDDEN
        checks.append(check(f"{row['run']}: cost where computing exceeds fetching", row["step_ratio"], f"<= {most}", row["step_ratio"] <= most))
    return checks


def stream_row(metrics: Metrics) -> Result:
    """The transformer's stream on the first rank: seconds of a block or (exposed) of a step, planned and measured."""
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
        "most_exposed_block_s": max(stream["block_exposed_seconds"], default=0.0),
        "overlap": stream["overlap"],
        "fetched_GB_per_s": stream["fetched_bytes"] / max(1e-9, stream["fetching_seconds"]) / 1e9,
    }


def homes_of(context: Context, flags: list[str]) -> list[Result]:
    """What the planner says that each home would need and cost here."""
    lines = must([str(context.program), "plan", *flags, "--explain"], context.clock.limit(30)).output.splitlines()
    head = lines.index(HOMES)
    rows: list[Result] = []
    for line in itertools.takewhile(str.strip, lines[head + 2 :]):
        needed, waited, home = line.lstrip("* ").split(maxsplit=2)
        rows.append({"home": home, "GB_a_rank": needed, "s_a_step_waiting": waited, "own": line.startswith("*")})
    return rows


def compress(trace: Path) -> None:
    with trace.open("rb") as plain, gzip.open(f"{trace}.gz", "wb") as packed:
        shutil.copyfileobj(plain, packed)
    trace.unlink()
