"""Settles the process before torch, transformers and diffusers are imported: no network, one
thread, quiet."""

import os
import warnings

for _name, _value in {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "RAYON_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
}.items():
    os.environ.setdefault(_name, _value)

warnings.filterwarnings("ignore", category=FutureWarning)


def settle_torch() -> None:
    """Makes torch's CPU results repeatable: one thread, no gradients, deterministic algorithms."""
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.set_grad_enabled(False)
    torch.use_deterministic_algorithms(True)

    from diffusers.utils import logging as diffusers_logging

    diffusers_logging.disable_progress_bar()
