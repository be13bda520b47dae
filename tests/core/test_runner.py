"""The door to Beam lets nothing through that would be ignored in silence."""

import apache_beam as beam
import pyarrow as pa
import pytest

from pipelines.core.coder import RecordBatchCoder, register
from pipelines.core.errors import MalmoiError
from pipelines.core.runner import Machine


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
        machine.options(1 << 40)


def test_small_jobs_start_no_processes() -> None:
    machine = Machine(workers=4)
    assert machine.options(1000).get_all_options()["direct_running_mode"] == "in_memory"
    large = machine.options(1 << 30).get_all_options()
    assert (large["direct_running_mode"], large["direct_num_workers"]) == ("multi_processing", 4)


def test_a_slice_crosses_workers_without_the_batch_that_it_is_cut_from() -> None:
    register()
    batch = pa.record_batch({"n": list(range(100_000))}).slice(5, 10)
    coder = beam.coders.registry.get_coder(pa.RecordBatch)
    assert isinstance(coder, RecordBatchCoder)
    encoded = coder.encode(batch)
    assert len(encoded) < 2000
    assert coder.decode(encoded).to_pydict() == batch.to_pydict()
