#!/usr/bin/env python3
"""Prints which LibTorch this interpreter has, without loading it: programs built with another one do not run with it."""

import importlib.util
import runpy
import sys
from pathlib import Path

spec = importlib.util.find_spec("torch")
if spec is None or not spec.submodule_search_locations:
    sys.exit("this python has no torch")
facts = runpy.run_path(str(Path(spec.submodule_search_locations[0]) / "version.py"))
print(f"LibTorch {facts['__version__'].split('+')[0]}, CUDA {facts['cuda']}")
