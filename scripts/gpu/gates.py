"""What must hold before a time counts, and whether the fused kernels may become the default."""

import math
from collections.abc import Iterator
from typing import Any

from measured import Check, Result, check

# Our first step from float32 against diffusers' own, at most; frames and sounds from a float32 decode and a whole run from diffusers', in
# dB at least, unless diffusers itself is further off: then as near as it, less what two equally good roundings differ by.
FURTHER, DECODED, WHOLE = 1.1, 50.0, 40.0
LIKE_DIFFUSERS = 2.0
# A step that is less than this much shorter is not shorter.
GAIN = 0.01


def gate_checks(found: dict[str, list[Result]]) -> list[Check]:
    """Of diffusers_server.py's answer to "gate"."""
    checks = []
    for row in found["first_step"]:
        measured, bound = row["distance"], FURTHER * row["diffusers_distance"]
        checks.append(check(f"{row['program']}: first step's {row['tensor']} from float32", measured, f"<= {bound:.4g}", measured <= bound))
    for row in found["decode"]:
        bound = min(DECODED, row["diffusers_dB"] - LIKE_DIFFUSERS)
        checks.append(check(f"{row['program']}: decoded {row['tensor']} from float32, dB", row["dB"], f">= {bound:.4g}", row["dB"] >= bound))
    for row in found["run"]:
        bound = min(WHOLE, row.get("diffusers_to_itself_dB", math.inf) - LIKE_DIFFUSERS)
        measured = row["to_diffusers_dB"]
        checks.append(check(f"{row['program']}: the whole run's frames from diffusers', dB", measured, f">= {bound:.4g}", measured >= bound))
    return checks


def fused_verdict(parts: dict[str, Result]) -> Result:
    """From what the other parts found: the tests, every comparison, every gate, and every step must speak for it."""
    reasons = [*_tests(parts), *_comparisons(parts), *_gates(parts), *_steps(parts)]
    return {"fused_may_become_default": bool(reasons) and all(reason["ok"] for reason in reasons), "rows": reasons}


def _tests(parts: dict[str, Result]) -> Iterator[Check]:
    rows = [row for row in parts.get("unit_tests", {}).get("rows", []) if row["test"] == "fused"]
    told = rows[0]["result"] if rows else "not run"
    # Without a GPU the test says that it has skipped.
    yield check("the kernels' own tests", told, "ok, none skipped", told == "ok" and not rows[0]["skipped"])


def _comparisons(parts: dict[str, Result]) -> Iterator[Check]:
    rows = [row for row in parts.get("reference", {}).get("rows", []) if row.get("kernels") == "fused" and "not_done" not in row]
    good = sum(bool(row["ok"]) for row in rows)
    yield check("comparisons with diffusers' float32 tensors", f"{good} of {len(rows)}", "all", bool(rows) and good == len(rows))


def _gates(parts: dict[str, Result]) -> Iterator[Check]:
    for name in ("steps", "steps_ltx2"):
        checks = [one for one in parts.get(name, {}).get("checks", []) if one["check"].startswith("kinema, fused")]
        good = sum(one["ok"] for one in checks)
        yield check(f"{name}: the gate", f"{good} of {len(checks)}", "all", bool(checks) and good == len(checks))


def _steps(parts: dict[str, Result]) -> Iterator[Check]:
    for name in ("steps", "steps_long", "steps_ltx2"):
        rows: dict[str, Any] = {row["program"]: row for row in parts.get(name, {}).get("rows", []) if "step_s" in row}
        fused, reference = (rows.get(f"kinema, {kind}") for kind in ("fused", "reference"))
        if fused is None or reference is None:
            yield check(f"{name}: seconds of a step", "not measured", "shorter", False)
            continue
        noise = max(GAIN, fused["spread_%"] / 100, reference["spread_%"] / 100)
        bound = reference["step_s"] * (1 - noise)
        yield check(f"{name}: seconds of a step", fused["step_s"], f"< {bound:.4g}", fused["step_s"] < bound)
