"""The command line of a training that goes from stage to stage."""
import argparse
import os

import torch
import torch._dynamo

HERE = os.path.dirname(os.path.abspath(__file__))


def parser(usage, work, model):
    """What every training is told; `work` is its folder under build, `model` that under configs/models."""
    p = argparse.ArgumentParser(description=usage, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("stages", nargs="*", metavar="STAGE", help="default: all in order")
    p.add_argument("--work", default=os.path.join(HERE, "..", "..", "build", work), help="folder of the checkpoints")
    p.add_argument("--out", default=os.path.join(HERE, "..", "..", "configs", "models", model))
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--no-compile", action="store_true", help="start at once, with slower steps")
    p.add_argument("--minutes", type=float, help="stop each training stage after this time (it can be continued)")
    p.add_argument("--batch-size", type=int, default=16, help="of the transformer, in each process")
    return p


def parse(p, stages):
    """The arguments, with the stages to run checked, and the folder for them made."""
    a = p.parse_args()
    unknown = set(a.stages) - set(stages)
    if unknown:
        p.error(f"unknown stage {', '.join(sorted(unknown))}: choose from {', '.join(stages)}")
    a.stages = a.stages or list(stages)
    os.makedirs(a.work, exist_ok=True)
    if a.no_compile:
        torch._dynamo.config.disable = True
    return a


def run(todo, stages):
    """Calls the functions of the `stages` in `todo`."""
    torch.set_num_threads(1)  # the training stages raise this while the machine is idle
    for stage in stages:
        print(f"== {stage}", flush=True)
        todo[stage]()
