"""Uses the second core only while nobody else wants it: a half-starved OpenMP team is slower than one thread."""
import torch


class Threads:
    """Call `adapt` once a step; `most` threads when the machine is otherwise idle, one when it is not."""

    def __init__(self, most):
        self.most, self.others, self.now = most, 0.0, 0
        self._set(most)

    def _set(self, n):
        if n != self.now:
            torch.set_num_threads(n)
            self.now = n

    def adapt(self):
        with open("/proc/stat", encoding="ascii") as f:
            running = next(int(line.split()[1]) for line in f if line.startswith("procs_running"))
        self.others = 0.9 * self.others + 0.1 * min(2, running - 1)
        self._set(1 if self.others > (0.35 if self.now > 1 else 0.15) else self.most)
