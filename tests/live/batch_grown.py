"""Batches whose jobs come one by one, from a file that grows or from standard input, or are parted
between several runs."""

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from batch_folders import PATIENCE, Folder, jobs, same_files
from live_checks import Checks


def wait_until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def growing(checks: Checks, scratch: Path, program: Path, want: dict[str, bytes]) -> None:
    """Lines that are appended while the batch runs, and lines from standard input."""
    folder = Folder(scratch / "growing", program, [])
    header = json.loads(folder.file.read_text(encoding="utf-8"))
    del header["jobs"]
    entries = [json.dumps(job) for job in jobs(4)]
    folder.file = folder.path / "jobs.jsonl"
    folder.file.write_text(f"{json.dumps(header)}\n{entries[0]}\n", encoding="utf-8")
    process = folder.start("--follow")
    checks.expect(wait_until(lambda: len(folder.finished()) == 1), "the first line was not made")
    with folder.file.open("a", encoding="utf-8") as out:
        out.write(entries[1][:10])
        out.flush()
        time.sleep(0.7)
        out.write(entries[1][10:] + "\n{\"prompt\": 7, \"id\": \"bad\"}\n" + entries[2] + "\n")
        out.flush()
    checks.expect(wait_until(lambda: len(folder.finished()) == 3), "appended lines were not made")
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=PATIENCE)
    checks.expect(process.returncode == 130, f"exit code {process.returncode}; {messages}")
    checks.expect('"prompt" must be' in messages and ":4, /prompt" in messages, f"said {messages}")
    names = ["job00-0.mp4", "job01-1.mp4", "job02-2.mp4"]
    same_files(checks, folder, {name: want[name] for name in names}, "growing")
    # As the file is now: the bad line is refused before anything starts.
    checks.expect(folder.run().returncode == 3, "a bad line was accepted")

    fed = Folder(scratch / "fed", program, [])
    fed.file = Path("-")
    state = fed.path / ".kinema" / "fed"
    process = fed.start(f"--state={state}", stdin=subprocess.PIPE, cwd=fed.path)
    assert process.stdin is not None
    process.stdin.write(f"{json.dumps(header)}\n{entries[0]}\n")
    process.stdin.flush()
    first = wait_until(lambda: len(fed.finished()) == 1)
    checks.expect(first, "standard input: first line not made")
    process.stdin.write(f"{entries[3]}\n")
    _, messages = process.communicate(timeout=PATIENCE)
    checks.expect(process.returncode == 0, f"standard input: {process.returncode}; {messages}")
    checks.expect(len(fed.finished()) == 2, f"standard input: made {dict(fed.finished())}")


def sharded(checks: Checks, scratch: Path, program: Path, want: dict[str, bytes]) -> None:
    folder = Folder(scratch / "shards", program, jobs(6))
    runs = [folder.start(f"--shard={number}/2") for number in (1, 2)]
    printed = [run.communicate(timeout=PATIENCE)[0].split() for run in runs]
    checks.expect(all(run.returncode == 0 for run in runs), "a shard failed")
    made = Counter(Path(path).name for part in printed for path in part)
    checks.expect([len(part) for part in printed] == [3, 3], f"shards made {printed}")
    checks.expect(set(made.values()) == {1} and len(made) == 6, f"made {made}")
    same_files(checks, folder, {name: want[name] for name in made}, "shards")
    checks.expect(not folder.run().stdout, "the whole did not know what its shards have made")
