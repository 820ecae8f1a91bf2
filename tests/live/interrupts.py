"""Ends runs from outside: Ctrl-C, and killing the process that a user or a launcher knows."""

import signal
import tempfile
import time
from pathlib import Path

from live_checks import Checks
from marked_processes import end_all, processes_of
from started_runs import LONG_RUN, PATIENCE, RANKS, errors_of, forked, start, torchrun


def interrupted(program: Path, checks: Checks, number: signal.Signals) -> None:
    """In the middle: every rank leaves, nothing is written, one note tells where."""
    name = number.name
    with tempfile.TemporaryDirectory() as folder:
        run = start(forked(program), Path(folder), LONG_RUN, "", "--progress=json")
        run.until_denoising()
        run.process.send_signal(number)
        messages = run.messages(checks, name)
        if messages is None:
            return
        run.expect_nothing_left(checks, name)
    code = run.process.returncode
    checks.expect(code == 128 + number, f"{name}: exit code {code}; {messages[-500:]}")
    checks.expect("error:" not in messages, f"{name}: said {messages[-500:]}")
    notes = messages.count("interrupted after denoise step")
    checks.expect(notes == 1, f"{name}: said {notes} times where; {messages[-500:]}")


def launcher_killed(program: Path, checks: Checks) -> None:
    """The process that forks the ranks cannot end them any more."""
    with tempfile.TemporaryDirectory() as folder:
        run = start(forked(program), Path(folder), LONG_RUN, "", "--progress=json")
        run.until_denoising()
        there = len(processes_of(run.mark))
        run.process.kill()
        end = time.monotonic() + PATIENCE
        while (left := processes_of(run.mark)) and time.monotonic() < end:
            time.sleep(0.02)
        video = (Path(folder) / "video.mp4").exists()
        end_all(run.mark)
        run.process.communicate()
    checks.expect(there == RANKS + 1, f"{there} processes instead of a launcher and {RANKS} ranks")
    checks.expect(not left, f"the launcher was killed: left processes {left}")
    checks.expect(not video, "the launcher was killed: left a video")


def watcher_killed(program: Path, checks: Checks, rank: int) -> None:
    """The process that a launcher knows is killed, not the one that computes for it."""
    name = f"watcher of rank {rank} killed"
    with tempfile.TemporaryDirectory() as folder:
        run = start(torchrun(program), Path(folder), LONG_RUN, "", "--progress=json")
        run.until_denoising()
        run.processes[rank].kill()
        messages = run.messages(checks, name)
        if messages is None:
            return
        run.expect_nothing_left(checks, name)
    codes = [process.returncode for process in run.processes]
    errors = errors_of(messages)
    if checks.expect(len(errors) == 1, f"{name}: said {errors}"):
        said = errors[0].startswith(f"error: rank {rank} ended without a word")
        checks.expect(said, f"{name}: said {errors[0]}")
    checks.expect(all(codes), f"{name}: exit codes {codes}")
