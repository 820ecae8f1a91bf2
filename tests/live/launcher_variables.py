"""The variables by which launchers tell processes which of them they are."""

import random
import socket

Variables = dict[str, str]
# Below those that the system gives to whoever does not mind, so that a free one stays free.
PORTS = range(10000, 32768)


def free_port() -> str:
    """One that nothing listens on."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as listener:
            try:
                listener.bind(("", port))
            except OSError:
                continue
        return str(port)


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
