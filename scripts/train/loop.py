"""What all trainings share: optimiser, running mean of the weights, checkpoint, learning rate and log.

A training continues from its last checkpoint. Under torchrun the processes see samples of their own and average their
gradients; on two cores two processes of one thread take a third less time per sample than one process of two threads.
"""
import dataclasses
import os
import time

import torch
import torch.distributed as dist

from machine import Threads
from muon import Ema, schedule

SAVE_SECONDS, LOG_STEPS = 180, 20


@dataclasses.dataclass
class Course:
    """To `steps` steps or for `minutes`, whichever ends first; the learning rate falls from the part `decay_from` on."""
    steps: int
    minutes: float | None = None
    threads: int = 2
    warm_up: int = 100
    decay_from: float = 0.6


def join():
    """(rank, number) of the processes that torchrun started; (0, 1) without it."""
    if "WORLD_SIZE" not in os.environ:
        return 0, 1
    if not dist.is_initialized():
        dist.init_process_group("gloo")
    return dist.get_rank(), dist.get_world_size()


def average_gradients(model, world):
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    if world > 1:
        flat = torch.cat([g.flatten() for g in grads])
        dist.all_reduce(flat)
        for g, part in zip(grads, (flat / world).split([g.numel() for g in grads])):
            g.copy_(part.view_as(g))


class Run:
    """The training of `model`, saved in the file `path`, whose name is that of the training.

        while run.going():
            run.update(loss of the samples that run.number() stands for, what the log shows)

    `state`: further values of the checkpoint; those of an earlier one take their place.
    """

    def __init__(self, path, model, optimizer, course, seed, keep=0.997, **state):
        self.rank, self.world = join()
        self.path, self.name = path, os.path.splitext(os.path.basename(path))[0]
        self.model, self.opt, self.course, self.seed, self.state = model, optimizer, course, seed, state
        self.ema, self.step, self.means, self.team = Ema(model, keep), 0, None, Threads(course.threads)
        if os.path.exists(path):
            s = torch.load(path)
            for part, name in ((model, "model"), (self.opt, "opt"), (self.ema, "ema")):
                part.load_state_dict(s[name])
            self.step = s["step"]
            self.state = {k: s.get(k, v) for k, v in state.items()}
        self.begin, self.began, self.elapsed = self.step, time.time(), 0.0
        self.last = self.saved = self.began

    def number(self):
        """Which samples this process takes in this step, counted over all steps and processes."""
        return self.step * self.world + self.rank

    def numbers(self):
        """`number()` of this and all further steps."""
        return range(self.number(), self.course.steps * self.world, self.world)

    def key(self):
        """The seed of this step's random numbers in this process."""
        return self.seed * 1000003 + self.number()

    def _measure(self):
        """The elapsed part of the course's time, by the first process's clock: others would end, or slow down, at other steps."""
        if self.course.minutes:
            part = torch.tensor((time.time() - self.began) / (60 * self.course.minutes), dtype=torch.float64)
            if self.world > 1:
                dist.broadcast(part, 0)
            self.elapsed = part.item()

    def going(self):
        """Whether there is another step to take; saves what has been learned when there is none."""
        self.team.adapt()
        self._measure()
        if self.step < self.course.steps and self.elapsed < 1:
            return True
        if self.step > self.begin:
            self.save()
        return False

    def update(self, loss, /, **shown):
        """One step downhill from `loss`; the log has running means of the values `shown`."""
        loss.backward()
        average_gradients(self.model, self.world)
        c = self.course
        self.opt.step(schedule(self.step, c.steps, c.warm_up, c.decay_from, self.elapsed))
        self.ema.update(self.model)
        self.step += 1
        now = {k: v.item() for k, v in shown.items()}
        self.means = {k: 0.98 * self.means[k] + 0.02 * v for k, v in now.items()} if self.means else now
        if self.step % LOG_STEPS == 0:
            self._log()
        if time.time() - self.saved > SAVE_SECONDS:
            self.save()

    def _log(self):
        if self.rank == 0:
            values = " ".join(f"{k} {v:.4f}" for k, v in self.means.items())
            cpu = time.process_time() / (self.step - self.begin)
            print(f"{self.name} step {self.step} {values} {(time.time() - self.last) / LOG_STEPS:.2f} s/step "
                  f"{self.team.now} threads, {cpu:.2f} cpu s/step", flush=True)
        self.last = time.time()

    def save(self):
        """Writes the checkpoint, aside at first, so that there is always a whole one."""
        if self.rank == 0:
            torch.save({"model": self.model.state_dict(), "opt": self.opt.state_dict(), "ema": self.ema.state_dict(),
                        "step": self.step, **self.state}, self.path + ".new")
            os.replace(self.path + ".new", self.path)
        self.last = self.saved = time.time()
