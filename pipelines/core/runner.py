"""The one door to Beam: runs plain functions over elements that say where the data is, never over the data itself.

A job of up to a few gigabytes on this machine is done by copies of this process instead: the same functions in the same
order of data, without the start of Beam and its workers, which takes longer than most rebuilds.
"""

import argparse
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipelines.core.errors import MalmoiError
from pipelines.core.machine import LOCAL_RUNNER, Machine
from pipelines.core.processes import spread

if TYPE_CHECKING:
    from apache_beam import Pipeline
    from apache_beam.options.pipeline_options import PipelineOptions


def run_each(machine: Machine, input_bytes: int, elements: Sequence[str], work: Callable[[str], object]) -> None:
    """Call ``work`` once for every element, in any order, on any worker."""
    if not elements:
        return
    if not machine.needs_beam(input_bytes):
        for _ in spread(machine.workers, work, elements):
            pass
        return
    with _pipeline(machine) as pipeline:
        from pipelines.core.beam import beam  # noqa: PLC0415

        _ = pipeline | "Tasks" >> beam.Create(elements) | "Map" >> beam.Map(work)


def beam_options(machine: Machine) -> "PipelineOptions":
    """Beam's options for this machine; raises MalmoiError for a flag that no part of Beam knows."""
    from pipelines.core.beam import PipelineOptions  # noqa: PLC0415

    flags = [f"--runner={machine.runner}", *machine.flags]
    if machine.runner == LOCAL_RUNNER:
        mode = machine.mode or ("multi_processing" if machine.workers > 1 else "in_memory")
        flags += [f"--direct_num_workers={machine.workers}", f"--direct_running_mode={mode}"]
    unknown = _unknown_flags(PipelineOptions, flags)
    if unknown:
        raise MalmoiError(f"MALMOI_BEAM_OPTIONS: Beam has no option {' '.join(unknown)}")
    return PipelineOptions(flags)


@contextmanager
def _pipeline(machine: Machine) -> Iterator["Pipeline"]:
    """A pipeline on this machine's runner; leaving the ``with`` block runs it to its end."""
    from pipelines.core import coder  # noqa: PLC0415
    from pipelines.core.beam import DirectOptions, beam  # noqa: PLC0415
    from pipelines.core.worker import lost_workers_raise, process_runner  # noqa: PLC0415

    coder.register()
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    options, runner = beam_options(machine), None
    direct = options.view_as(DirectOptions)
    if machine.runner == LOCAL_RUNNER and direct.direct_running_mode == "multi_processing":
        runner, direct.direct_running_mode = process_runner(), "in_memory"
    with lost_workers_raise(), beam.Pipeline(runner, options) as pipeline:
        yield pipeline


def _unknown_flags(base: Any, flags: list[str]) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, conflict_handler="resolve")
    for options in _subclasses(base):
        if "_add_argparse_args" in vars(options):
            options._add_argparse_args(parser)
    return parser.parse_known_args(flags)[1]


def _subclasses(kind: Any) -> list[Any]:
    children: list[Any] = kind.__subclasses__()
    return [found for child in children for found in (child, *_subclasses(child))]
