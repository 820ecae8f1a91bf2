"""What a GPU's clock, power and temperature do while something runs on it."""

import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

QUERY = ["nvidia-smi", "--query-gpu=clocks.sm,power.draw,temperature.gpu,utilization.gpu", "--format=csv,noheader,nounits", "--id=0"]
BUSY = 50.0  # per cent; an idle GPU lowers its clock
# Runs at clocks that differ more than this are not to be compared.
STEADY = 0.03


@dataclass(frozen=True)
class State:
    clock: float  # MHz
    power: float  # W
    temperature: float  # degrees C
    busy: float  # per cent

    @staticmethod
    def parsed(line: str) -> "State | None":
        try:
            clock, power, temperature, busy = (float(value) for value in line.split(","))
        except ValueError:  # "[N/A]", or a line that was cut
            return None
        return State(clock, power, temperature, busy)


@dataclass
class Clocks:
    """Filled while `watched` goes on."""

    states: list[State] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Before, after, and while the GPU was busy; empty without a GPU."""
        if not self.states:
            return {}
        busy = [state.clock for state in self.states if state.busy >= BUSY]
        found: dict[str, Any] = {
            "before_MHz": self.states[0].clock,
            "after_MHz": self.states[-1].clock,
            "most_W": max(state.power for state in self.states),
            "most_C": max(state.temperature for state in self.states),
        }
        if busy:
            found |= {"busy_MHz": statistics.median(busy), "least_busy_MHz": min(busy)}
        return found


@contextmanager
def watched(device: str) -> Iterator[Clocks]:
    clocks = Clocks()
    if device != "cuda":
        yield clocks
        return
    with tempfile.TemporaryFile("w+") as lines:
        try:
            process = subprocess.Popen([*QUERY, "--loop-ms=100"], stdout=lines, stderr=subprocess.DEVNULL)
        except OSError:
            yield clocks
            return
        try:
            yield clocks
        finally:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:  # it hangs in the driver
                process.kill()
            lines.seek(0)
            clocks.states += [state for line in lines if (state := State.parsed(line))]


def unsteady(summaries: dict[str, dict[str, Any]]) -> str:
    """Of parts' summaries: which ran at another clock than the fastest, or nothing."""
    clocks = {name: found["busy_MHz"] for name, found in summaries.items() if "busy_MHz" in found}
    if not clocks:
        return ""
    fastest = max(clocks.values())
    slow = [f"{name} at {clock:.0f}" for name, clock in clocks.items() if clock < (1 - STEADY) * fastest]
    return f"clocks differ: {', '.join(slow)}, the fastest at {fastest:.0f} MHz" if slow else ""
