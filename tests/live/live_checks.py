"""Counts what held and what did not, and ends as scripts/test.sh reads it: `N passed, N failed`."""

import argparse
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = REPOSITORY / "tests" / "data"

# The reference tools know how the program is called.
sys.path.insert(0, str(REPOSITORY / "tests" / "reference"))


def parser_of(usage: str | None) -> argparse.ArgumentParser:
    """Of a command line that begins with PROGRAM, which is found from any folder."""
    parser = argparse.ArgumentParser(
        description=usage, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", type=lambda path: Path(path).resolve())
    return parser


def program_of(usage: str | None) -> Path:
    """PROGRAM of a command line that has nothing else."""
    program: Path = parser_of(usage).parse_args().program
    return program


def program_and_cases(usage: str | None, cases: list[str]) -> argparse.Namespace:
    """The words of a command line PROGRAM [CASE...], without any case all of `cases`."""
    parser = parser_of(usage)
    parser.add_argument("cases", nargs="*", default=cases)
    return parser.parse_args()


class Checks:
    """One line for each failure, and both counts."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def expect(self, holds: bool, what: str) -> bool:
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}", flush=True)
        return holds

    def finish(self) -> int:
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0
