"""What the environment asks of training is checked before anything is loaded."""

import pytest

from pipelines.core.errors import MalmoiError
from stages.train.machine import Machine
from stages.train.throughput import Arithmetic


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("MALMOI_DEVICE", "tpu9", "no such device here; there is cpu"),
        ("MALMOI_DEVICE", "cuda:99", "no such device here; there is cpu"),
        ("MALMOI_DEVISE", "cpu", "MALMOI_DEVISE: unknown; known are"),
        ("MALMOI_PRECISION", "half", "float32 or bfloat16 is meant"),
    ],
)
def test_a_wrong_variable_is_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(MalmoiError, match=told):
        Machine.detect()


def test_micro_batches_are_whole_numbers_of_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALMOI_DEVICE", "cpu")
    monkeypatch.setenv("MALMOI_MICRO_BATCH_TOKENS", "4k")
    arithmetic = Arithmetic(layers=2, width=128, vocabulary=1000, masked_share=0.15)
    with pytest.raises(MalmoiError, match="whole number of tokens"):
        Machine.detect().micro_batch_tokens(arithmetic)
