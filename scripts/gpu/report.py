"""The Markdown of a check: what a README would show first, then every part's tables."""

from collections.abc import Iterable, Iterator
from typing import Any

from clocks import unsteady

Result = dict[str, Any]
STEPS = ("steps", "steps_long", "steps_large", "steps_compiled", "steps_ltx2")
HIDDEN = ("first_step_difference", "tokens")


def markdown(parts: dict[str, Result]) -> str:
    return "\n".join([*_headline(parts), *_summary(parts), *_details(parts)]) + "\n"


def check_line(one: Result) -> str:
    return f"{'PASS' if one['ok'] else 'FAIL'} {one['check']}: {cell(one['measured'])} (wanted: {one['bound']})"


def cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("|", "\\|").replace("\n", " ")


def table(rows: Iterable[Result]) -> list[str]:
    rows = list(rows)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return lines + ["| " + " | ".join(cell(row.get(key, "")) for key in columns) + " |" for row in rows]


def _headline(parts: dict[str, Result]) -> Iterator[str]:
    yield "# GPU check\n"
    machine = parts.get("machine", {})
    if gpus := machine.get("gpus"):
        yield f"{gpus[0]}; LibTorch {machine.get('torch')}, CUDA {machine.get('cuda')}; {machine.get('date')}; `{machine.get('command')}`\n"
    rows = list(_step_rows(parts))
    if rows:
        yield "Seconds of a step, bfloat16, medians; floor: the step's matrix products and attentions alone, measured on this device.\n"
        yield from table(rows)
        yield ""
    if verdict := parts.get("fused_default"):
        yield f"Fused kernels may become the default: {'yes' if verdict.get('fused_may_become_default') else 'no'}\n"
        yield from (f"- {check_line(one)}" for one in verdict.get("rows", []))
        yield ""


def _step_rows(parts: dict[str, Result]) -> Iterator[Result]:
    for name in STEPS:
        for row in parts.get(name, {}).get("rows", []):
            if "step_s" not in row:
                continue
            shown = {"size": f"{'LTX-2, ' if name.endswith('ltx2') else ''}{row['size']}", "program": row["program"]}
            for key in ("step_s", "spread_%", "share_of_floor", "share_of_peak", "times_reference", "times_fused", "decode_s", "encode_text_s"):
                shown[key] = row.get(key, "")
            yield shown


def _summary(parts: dict[str, Result]) -> Iterator[str]:
    yield "## Parts\n"
    yield from table(
        {"part": name, "result": part["status"], "seconds": part.get("seconds", ""), "reason": str(part.get("reason", ""))[:200]}
        for name, part in parts.items()
    )
    checks = [one for part in parts.values() for one in part.get("checks", [])]
    if checks:
        yield "\n## Checks\n"
        yield from (f"- {check_line(one)}" for one in checks)
    states = {name: part["clocks"] for name, part in parts.items() if "clocks" in part}
    if states:
        yield "\n## Clocks\n"
        yield from table({"part": name, **found} for name, found in states.items())
        yield f"\n{unsteady(states) or 'The clocks of all parts are within 3 % of each other.'}"


def _details(parts: dict[str, Result]) -> Iterator[str]:
    for name, part in parts.items():
        for title, rows in [(name, part.get("rows")), *((f"{name}: {title}", rows) for title, rows in part.get("tables", {}).items())]:
            if rows:
                yield f"\n## {title}\n"
                yield from table({key: value for key, value in row.items() if key not in HIDDEN} for row in rows)
