#!/usr/bin/env python3
"""Makes reference cases: tiny random checkpoints with what diffusers computes for them."""

import argparse
import json
import shutil
import sys
from pathlib import Path

import reference_environment

from hunyuan15.committed import COMMITTED
from hunyuan15.make import make_case


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--case", action="append", choices=sorted(COMMITTED))
    arguments = parser.parse_args()
    reference_environment.settle_torch()
    for name in arguments.case or sorted(COMMITTED):
        make_case(COMMITTED[name], arguments.out / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
