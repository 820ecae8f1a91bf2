"""Keeps diffusers_server.py running beside the check, so that its pipeline is loaded once."""

import importlib.util
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from measured import Failure, Result, Skip

HERE = Path(__file__).resolve().parent


def installed() -> bool:
    return importlib.util.find_spec("diffusers") is not None


class Diffusers:
    """One server at a time; asking for another family or checkpoint ends it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._family = ""
        self._log: TextIO | None = None
        self._rest = b""
        self.load_s = 0.0

    def open(self, family: str, checkpoint: Path, device: str, work: Path, limit: float) -> None:
        if self._process is not None and self._process.poll() is None and self._family == family:
            return
        self.close()
        if not installed():
            raise Skip("diffusers is not installed here")
        self._log = (work / f"diffusers_{family}.log").open("w+")
        command = [sys.executable, str(HERE / "diffusers_server.py"), str(checkpoint), device, family]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, start_new_session=True)
        self._family, self._rest = family, b""
        self.load_s = self._answer(limit)["load_s"]

    def ask(self, request: Result, limit: float) -> Result:
        """Throws Failure where it says so, ends or takes too long; in the last two cases it has to be opened again."""
        if self._process is None or self._process.stdin is None:
            raise Failure("diffusers is not running")
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            self._ended()
        answer = self._answer(limit)
        if "failed" in answer:
            raise Failure(f"diffusers: {answer['failed']}")
        return answer

    def close(self) -> None:
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._process = None

    def _answer(self, limit: float) -> Any:
        assert self._process is not None and self._process.stdout is not None
        descriptor, end = self._process.stdout.fileno(), time.monotonic() + limit
        with selectors.DefaultSelector() as ready:
            ready.register(descriptor, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not ready.select(max(0.0, end - time.monotonic())):
                    self.close()
                    raise Failure(f"diffusers did not answer within {limit:.0f} s")
                some = os.read(descriptor, 1 << 16)
                if not some:
                    self._ended()
                self._rest += some
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line)

    def _ended(self) -> None:
        self.close()
        assert self._log is not None
        self._log.seek(0)
        lines = [line for line in self._log.read().splitlines() if line.strip()] or ["it said nothing"]
        raise Failure(f"diffusers ended: {lines[-1][:300]}", {"output": "\n".join(lines[-20:])})
