"""The variables by which launchers tell processes which of them they are."""

import os
import socket

# What launchers set; none of it may come from the shell that runs this test.
PREFIXES = ("OMPI_", "PMI", "MV2_", "PALS_", "SLURM_", "MPI_", "TORCHELASTIC", "MASTER_")
NAMES = {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"}
Variables = dict[str, str]


def clean_environment() -> Variables:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(PREFIXES) and name not in NAMES
    }


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def torchrun_variables(rank: int, size: int, port: str) -> Variables:
    return {
        "RANK": str(rank),
        "WORLD_SIZE": str(size),
        "LOCAL_RANK": str(rank),
        "LOCAL_WORLD_SIZE": str(size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
    }


def slurm_variables(rank: int, size: int, port: str) -> Variables:
    """One node; the port follows from the job's number."""
    return {
        "SLURM_PROCID": str(rank),
        "SLURM_STEP_NUM_TASKS": str(size),
        "SLURM_LOCALID": str(rank),
        "SLURM_STEP_TASKS_PER_NODE": str(size),
        "SLURM_NODEID": "0",
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_JOB_ID": port,
        "SLURM_STEP_ID": "0",
    }
