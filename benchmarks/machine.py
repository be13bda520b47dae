"""Names the machine that a figure was measured on, and reads what a process held at most."""

import os
import platform
import resource
import sys
from pathlib import Path


def machine_name() -> str:
    """Processor, how many of its cores, memory, Python."""
    processor = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text(encoding="utf-8").splitlines()
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        processor = models[0] if models else processor
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def peak_mebibytes() -> float:
    """Most memory that this program has held, in MiB; on Linux without what its parent held, which ``getrusage`` adds.

    A child begins with the peak of the process that started it (getrusage(2), ``ru_maxrss``, which survives execve).
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
