"""The kernels that take longest in one step and in one part of the decode."""

from dataclasses import replace

from context import CALL, LTX2_CALL, LTX2_SIZES, SIZES, Context, Size
from measured import Failure, Result
from program import generate


def kernels(context: Context) -> Result:
    """Ten of each, with each kind of kernels that a run can be asked for."""
    return counted(context, replace(SIZES[context.sizes][0], steps=2), CALL)


def kernels_ltx2(context: Context) -> Result:
    """The same for what `checkpoint_ltx2` wrote."""
    return counted(context, replace(LTX2_SIZES[context.sizes][0], steps=2), LTX2_CALL)


def counted(context: Context, size: Size, call: list[str]) -> Result:
    rows: list[Result] = []
    for kind in context.kernels:
        flags = [f"--model={context.checkpoint}", *call, *size.flags(), f"--device={context.device}", "--dtype=bfloat16", f"--kernels={kind}"]
        stages = generate(context.program, [*flags, f"--trace={context.work / 'trace.json'}"], context.clock.limit(120)).metrics["stages"]
        if not stages["denoise"].get("kernels"):
            raise Failure("no kernel was counted", {"rows": rows})
        rows += [
            {"kernels": kind, "stage": stage, "kernel": one["name"][:100], "calls": one["calls"], "ms": round(one["seconds"] * 1e3, 3)}
            for stage in ("denoise", "decode")
            for one in stages[stage].get("kernels", [])
        ]
    return {"rows": rows}
