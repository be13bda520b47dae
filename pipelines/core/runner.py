"""The one door to Beam: which runner, how many workers; machine facts that never change a byte of any output.

They come from the environment: ``MALMOI_WORKERS`` (processes; default: one per processor), ``MALMOI_RUNNER`` (default:
FnApiRunner), ``MALMOI_BEAM_MODE`` (in_memory, multi_threading or multi_processing) and ``MALMOI_BEAM_OPTIONS`` (flags
for the runner, as in ``--flink_master=host:8081``).
"""

import argparse
import logging
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.core import coder
from pipelines.core.beam import PipelineOptions, beam
from pipelines.core.errors import MalmoiError

LOCAL_RUNNER = "FnApiRunner"
MODES = ("in_memory", "multi_threading", "multi_processing")
_PROCESS_START_BYTES = 8 << 20  # below this a worker process costs more to start than it saves
_KNOWN = {"WORKERS", "RUNNER", "BEAM_MODE", "BEAM_OPTIONS", "WORK", "COMPILE", "DEVICE", "THREADS", "MICRO_ROWS"}


@dataclass(frozen=True)
class Machine:
    """Runner, worker processes, how they run (None: as fits the size of the job) and further runner flags."""

    runner: str = LOCAL_RUNNER
    workers: int = 1
    mode: str | None = None
    flags: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Machine":
        """Read the MALMOI_ variables; raises MalmoiError with every variable that is unknown or impossible."""
        given = {name[7:]: value for name, value in environment.items() if name.startswith("MALMOI_")}
        problems = [f"MALMOI_{name}: unknown; known are {', '.join(sorted(_KNOWN))}" for name in given.keys() - _KNOWN]
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

    def options(self, input_bytes: int) -> PipelineOptions:
        """Beam's options for a job over so many bytes; raises MalmoiError for a flag that no part of Beam knows."""
        flags = [f"--runner={self.runner}", *self.flags]
        if self.runner == LOCAL_RUNNER:
            workers = min(self.workers, max(1, input_bytes // _PROCESS_START_BYTES)) if not self.mode else self.workers
            mode = self.mode or ("multi_processing" if workers > 1 else "in_memory")
            flags += [f"--direct_num_workers={workers}", f"--direct_running_mode={mode}"]
        unknown = _unknown_flags(flags)
        if unknown:
            raise MalmoiError(f"MALMOI_BEAM_OPTIONS: Beam has no option {' '.join(unknown)}")
        return PipelineOptions(flags)


def open_pipeline(machine: Machine, input_bytes: int) -> beam.Pipeline:
    """A pipeline on this machine's runner; leaving the ``with`` block runs it to its end."""
    coder.register()
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    return beam.Pipeline(options=machine.options(input_bytes))


def _unknown_flags(flags: list[str]) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, conflict_handler="resolve")
    for options in _subclasses(PipelineOptions):
        if "_add_argparse_args" in vars(options):
            options._add_argparse_args(parser)
    return parser.parse_known_args(flags)[1]


def _subclasses(kind: Any) -> list[Any]:
    children: list[Any] = kind.__subclasses__()
    return [found for child in children for found in (child, *_subclasses(child))]
