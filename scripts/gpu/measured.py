"""Results of a check: one JSON file, rewritten after each part so that nothing is lost, and a Markdown table."""

import json
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clocks import watched
from report import check_line, markdown

Result = dict[str, Any]
Check = dict[str, Any]  # what was to hold, what was measured, its bound, and whether it is `ok`


class Skip(Exception):
    """A part that cannot be done here; the text says why."""


class Failure(Exception):
    """A part that was done and is wrong; `result` is what it found."""

    def __init__(self, reason: str, result: Result | None = None) -> None:
        super().__init__(reason)
        self.result = result or {}


def check(what: str, measured: Any, bound: str, ok: bool) -> Check:
    return {"check": what, "measured": measured, "bound": bound, "ok": bool(ok)}


class Clock:
    """The time that is left for all parts, and for the one that runs."""

    def __init__(self, budget: float) -> None:
        self._end = time.monotonic() + budget
        self._part_end = self._end

    def begin_part(self, most: float) -> None:
        self._part_end = min(self._end, time.monotonic() + most)

    def left(self) -> float:
        """For the part."""
        return self._part_end - time.monotonic()

    def left_in_all(self) -> float:
        return self._end - time.monotonic()

    def limit(self, seconds: float) -> float:
        """`seconds`, or what is left where that is less."""
        return max(1.0, min(seconds, self.left()))


class Measured:
    """Runs parts, each of which may fail alone, and keeps what they found."""

    def __init__(self, out: Path, clock: Clock, device: str) -> None:
        self.out, self.clock, self.device = out, clock, device
        self.parts: dict[str, Result] = {}
        out.mkdir(parents=True, exist_ok=True)

    def run(self, name: str, part: Callable[[], Result], least: float, most: float) -> None:
        """`least` and `most`: seconds that the part is worth beginning with, and that it may take."""
        start = time.monotonic()
        with watched(self.device) as clocks:
            found = self._tried(part, least, most)
        if states := clocks.summary():
            found["clocks"] = states
        found["seconds"] = round(time.monotonic() - start, 1)
        self.add(name, found)

    def _tried(self, part: Callable[[], Result], least: float, most: float) -> Result:
        left = self.clock.left_in_all()
        self.clock.begin_part(most)
        try:
            if left < least:
                raise Skip(f"{left:.0f} s are left, {least:.0f} are wanted")
            found = part()
            missed = [one["check"] for one in found.get("checks", []) if not one["ok"]]
            return {"status": "failed", "reason": "; ".join(missed), **found} if missed else {"status": "ok", **found}
        except Skip as reason:
            return {"status": "skipped", "reason": str(reason)}
        except Failure as failure:
            return {"status": "failed", "reason": str(failure), **failure.result}
        except Exception as error:  # whatever it is, the other parts go on
            return {"status": "failed", "reason": f"{type(error).__name__}: {error}", "where": traceback.format_exc(limit=-3)}

    def add(self, name: str, found: Result) -> None:
        """Written at once, since the whole may be cut off."""
        self.parts[name] = found
        (self.out / "gpu_check.json").write_text(json.dumps(self.parts, indent=1, default=str) + "\n", encoding="utf-8")
        (self.out / "gpu_check.md").write_text(self.text(), encoding="utf-8")
        reason = str(found.get("reason", "")).splitlines()[:1]
        print(f"{found['status']:8s}{name} ({found.get('seconds', 0)} s) {' '.join(reason)}", flush=True)
        for one in found.get("checks", []):
            print(f"  {check_line(one)}", flush=True)

    def text(self) -> str:
        try:
            return markdown(self.parts)
        except Exception as error:  # a row of unheard-of form must not end the check
            return f"There are no tables, but gpu_check.json holds everything: {type(error).__name__}: {error}\n"

    def failed(self) -> bool:
        return any(part["status"] == "failed" for part in self.parts.values())
