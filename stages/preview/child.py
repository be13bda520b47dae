"""Runs one stage on the parts of the sample, in a process of its own, and measures it: ``stages.preview`` starts this.

The first folder is run twice: loading kernels and modules is paid in the first run and is no part of the second. Every
other run is repeated with the work folder as the first left it: what takes time then is what is not done by workers.
"""

import importlib
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.core.manifest import write_json
from stages.preview.sampled import sampled_clean
from stages.run import guarded


@dataclass(frozen=True)
class Run:
    """Seconds of wall clock and processor, both when nothing is left for workers, and the peak of memory."""

    wall: float
    processor: float
    serial_wall: float
    serial_processor: float
    peak: int


def main(stage: str, folders: list[Path], keys: list[str]) -> dict[str, Any]:
    """Measure ``stage`` in every folder; ``ready`` is when the first run of all, with its start, was over."""
    calls: dict[str, Callable[[], None]]
    if stage == "clean":
        calls = {key: partial(sampled_clean, key) for key in keys}
    else:
        calls = {"": importlib.import_module(f"stages.{stage}").main}
    runs: dict[str, dict[str, Any]] = {}
    ready: dict[str, float] = {}
    for folder in (folders[0], *folders):
        os.chdir(folder)
        os.environ["MALMOI_WORK"] = str(folder / "data" / ".work")
        for key, call in calls.items():
            _forget(folder, stage, key)
            run = _measured(call)
            runs.setdefault(key, {})[folder.name] = asdict(run)
            ready = ready or {"wall": time.time(), "processor": time.process_time(), "peak": _peak()}
    return {"ready": ready, "runs": runs, "done": time.time()}


def _measured(call: Callable[[], None]) -> Run:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak of memory is now what is in use
    (wall, processor), peak = _clocked(call), _peak()
    serial_wall, serial_processor = _clocked(call)
    return Run(wall, processor, serial_wall, serial_processor, peak)


def _clocked(call: Callable[[], None]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - processor


def _peak() -> int:
    """Largest resident memory, in bytes, since it was last reset; since the start where that cannot be done."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << (0 if sys.platform == "darwin" else 10)


def _forget(folder: Path, stage: str, key: str) -> None:
    for root in (folder / "data" / ".work", folder / "data"):
        shutil.rmtree(root / stage / key, ignore_errors=True)


if __name__ == "__main__":
    result, *rest = sys.argv[1:]
    guarded(lambda: write_json(Path(result), main(rest[0], [Path(folder) for folder in rest[1].split("\n")], rest[2:])))
