"""Machine facts: which runner, how many workers. They come from the environment and never change a byte of any output.

``MALMOI_WORKERS`` (copies of this process for a small job, Beam's processes for a large one; default: one per
processor), ``MALMOI_RUNNER`` (a Beam runner; default: FnApiRunner, on this machine), ``MALMOI_BEAM_MODE`` (in_memory,
multi_threading or multi_processing) and ``MALMOI_BEAM_OPTIONS`` (flags for the runner, as in
``--flink_master=host:8081``).
"""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.core.errors import MalmoiError

LOCAL_RUNNER = "FnApiRunner"
MODES = ("in_memory", "multi_threading", "multi_processing")
# Starting Beam and its workers costs two to four seconds a job: little beside the minutes that so much takes copies.
SMALL_JOB_BYTES = 4 << 30
_DATA_HALF = {"WORKERS", "RUNNER", "BEAM_MODE", "BEAM_OPTIONS", "WORK", "SCRUB_KEY", "SCRUB_KEY_FILE"}
_TRAINING = {"DEVICE", "PRECISION", "COMPILE", "MICRO_BATCH_TOKENS"}
_KNOWN = _DATA_HALF | _TRAINING


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """A sentence for every MALMOI_ variable that nothing reads."""
    names = {name.removeprefix("MALMOI_") for name in environment if name.startswith("MALMOI_")}
    return [f"MALMOI_{name}: unknown; known are {', '.join(sorted(_KNOWN))}" for name in sorted(names - _KNOWN)]


@dataclass(frozen=True)
class Machine:
    """Runner, workers, Beam's running mode (None: as fits the size of the job) and further flags."""

    runner: str = LOCAL_RUNNER
    workers: int = 1
    mode: str | None = None
    flags: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Machine":
        """Read the MALMOI_ variables; raises MalmoiError with every variable that is unknown or impossible."""
        given = {name[7:]: value for name, value in environment.items() if name.startswith("MALMOI_")}
        problems = unknown_variables(environment)
        workers = given.get("WORKERS", str(os.cpu_count() or 1))
        if not workers.isdecimal() or int(workers) < 1:
            problems.append(f"MALMOI_WORKERS: {workers!r}; give a whole number of 1 or more")
        mode = given.get("BEAM_MODE")
        if mode is not None and mode not in MODES:
            problems.append(f"MALMOI_BEAM_MODE: {mode!r}; one of {', '.join(MODES)}")
        if problems:
            raise MalmoiError("\n".join(sorted(problems)))
        flags = tuple(shlex.split(given.get("BEAM_OPTIONS", "")))
        return cls(given.get("RUNNER", LOCAL_RUNNER), int(workers), mode, flags)

    def needs_beam(self, input_bytes: int) -> bool:
        """False for a job that this process finishes sooner than Beam starts, unless a mode or runner is asked for."""
        if self.runner != LOCAL_RUNNER or self.mode is not None:
            return True
        return self.workers > 1 and input_bytes >= SMALL_JOB_BYTES
