"""Results of a check: one JSON file, rewritten after each part so that nothing is lost, and a Markdown table."""

import json
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Result = dict[str, Any]


class Skip(Exception):
    """A part that cannot be done here; the text says why."""


class Failure(Exception):
    """A part that was done and is wrong; `result` is what it found."""

    def __init__(self, reason: str, result: Result | None = None) -> None:
        super().__init__(reason)
        self.result = result or {}


class Clock:
    """The time that is left for all parts."""

    def __init__(self, budget: float) -> None:
        self._end = time.monotonic() + budget

    def left(self) -> float:
        return self._end - time.monotonic()

    def limit(self, seconds: float) -> float:
        """`seconds`, or what is left where that is less."""
        return max(1.0, min(seconds, self.left()))


class Measured:
    """Runs parts, each of which may fail alone, and keeps what they found."""

    def __init__(self, out: Path, clock: Clock) -> None:
        self.out, self.clock = out, clock
        self.parts: dict[str, Result] = {}
        out.mkdir(parents=True, exist_ok=True)

    def run(self, name: str, part: Callable[[], Result], least_seconds: float) -> None:
        start = time.monotonic()
        try:
            if self.clock.left() < least_seconds:
                raise Skip(f"{self.clock.left():.0f} s are left, {least_seconds:.0f} are wanted")
            found = {"status": "ok", **part()}
        except Skip as reason:
            found = {"status": "skipped", "reason": str(reason)}
        except Failure as failure:
            found = {"status": "failed", "reason": str(failure), **failure.result}
        except Exception as error:  # whatever it is, the other parts go on
            found = {"status": "failed", "reason": f"{type(error).__name__}: {error}", "where": traceback.format_exc(limit=-3)}
        found["seconds"] = round(time.monotonic() - start, 1)
        self.add(name, found)

    def add(self, name: str, found: Result) -> None:
        self.parts[name] = found
        (self.out / "gpu_check.json").write_text(json.dumps(self.parts, indent=1) + "\n", encoding="utf-8")
        reason = str(found.get("reason", "")).splitlines()[:1]
        print(f"{found['status']:8s}{name} ({found.get('seconds', 0)} s) {' '.join(reason)}", flush=True)

    def failed(self) -> bool:
        return any(part["status"] == "failed" for part in self.parts.values())

    def write_markdown(self) -> str:
        text = "\n".join(_sections(self.parts)) + "\n"
        (self.out / "gpu_check.md").write_text(text, encoding="utf-8")
        return text


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).replace("|", "\\|").replace("\n", " ")


def _table(rows: Iterable[dict[str, Any]]) -> list[str]:
    rows = list(rows)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return lines + ["| " + " | ".join(_cell(row.get(key, "")) for key in columns) + " |" for row in rows]


def _sections(parts: dict[str, Result]) -> Iterable[str]:
    """A summary, then the rows of each part that has any."""
    yield "# GPU check\n"
    summary = [
        {"part": name, "result": part["status"], "seconds": part.get("seconds", ""), "reason": str(part.get("reason", ""))[:200]}
        for name, part in parts.items()
    ]
    yield from _table(summary)
    for name, part in parts.items():
        if part.get("rows"):
            yield f"\n## {name}\n"
            yield from _table(part["rows"])
