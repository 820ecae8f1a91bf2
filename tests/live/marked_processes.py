"""Finds the processes that a test has started, and all that those have started, by a mark in their
environment."""

import os
import signal
import uuid
from pathlib import Path

VARIABLE = "KINEMA_TEST_RUN"


def new_mark() -> str:
    """To be given to a process as VARIABLE."""
    return uuid.uuid4().hex


def processes_of(mark: str) -> list[int]:
    """The living ones."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"{VARIABLE}={mark}".encode() in (folder / "environ").read_bytes()
            zombie = (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue  # gone, or somebody else's
        if marked and not zombie:
            found.append(int(folder.name))
    return found


def end_all(mark: str) -> None:
    for process in processes_of(mark):
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass  # ended by itself meanwhile
