"""The door to Beam lets nothing through that would be ignored in silence."""

import apache_beam as beam
import pyarrow as pa
import pytest

from pipelines.core.coder import RecordBatchCoder, register
from pipelines.core.errors import MalmoiError
from pipelines.core.machine import SMALL_JOB_BYTES, Machine
from pipelines.core.runner import beam_options


def test_every_impossible_variable_is_told_at_once() -> None:
    environment = {"MALMOI_WORKERS": "two", "MALMOI_WORKER": "2", "MALMOI_BEAM_MODE": "fast", "PATH": "x"}
    with pytest.raises(MalmoiError) as caught:
        Machine.from_environment(environment)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "MALMOI_BEAM_MODE",
        "MALMOI_WORKER",
        "MALMOI_WORKERS",
    ]


def test_a_flag_that_beam_does_not_know_is_refused() -> None:
    machine = Machine.from_environment({"MALMOI_BEAM_OPTIONS": "--direct_num_worker=4"})
    with pytest.raises(MalmoiError, match="--direct_num_worker=4"):
        beam_options(machine)


def test_beam_is_started_where_it_pays_or_is_asked_for() -> None:
    large, small = SMALL_JOB_BYTES, SMALL_JOB_BYTES - 1
    assert Machine(workers=2).needs_beam(large)
    assert not Machine(workers=2).needs_beam(small)
    assert not Machine(workers=1).needs_beam(large)
    assert Machine(workers=1, mode="in_memory").needs_beam(small)
    assert Machine(runner="FlinkRunner").needs_beam(small)


@pytest.mark.parametrize(("workers", "mode"), [(1, "in_memory"), (4, "multi_processing")])
def test_several_workers_are_processes(workers: int, mode: str) -> None:
    options = beam_options(Machine(workers=workers)).get_all_options()
    assert (options["direct_running_mode"], options["direct_num_workers"]) == (mode, workers)


def test_a_slice_crosses_workers_without_the_batch_that_it_is_cut_from() -> None:
    register()
    batch = pa.record_batch({"n": list(range(100_000))}).slice(5, 10)
    coder = beam.coders.registry.get_coder(pa.RecordBatch)
    assert isinstance(coder, RecordBatchCoder)
    encoded = coder.encode(batch)
    assert len(encoded) < 2000
    assert coder.decode(encoded).to_pydict() == batch.to_pydict()
