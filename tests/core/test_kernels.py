"""The shared compiled loops against Python's own."""

import sys
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.arrow import string_buffers
from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import decode_utf8, encode_utf8, hash_bytes, hash_strings, mix


@given(st.characters(exclude_categories=["Cs"]))
def test_utf8_round_trips_every_code_point(character: str) -> None:
    data = np.frombuffer(character.encode(), np.uint8)
    code, after = decode_utf8(data, 0)
    assert (code, after) == (ord(character), len(data))
    out = np.zeros(4, np.uint8)
    assert encode_utf8(code, out, 0) == len(data)
    assert out[: len(data)].tobytes() == data.tobytes()


@given(st.lists(st.text(max_size=30), max_size=20), st.integers(0, 2**64 - 1))
def test_a_hash_depends_on_the_string_and_the_seed_alone(texts: list[str], seed: int) -> None:
    offsets, data = string_buffers(pa.array(["앞", *texts], pa.string())[1:])
    out = np.zeros(len(texts), np.uint64)
    hash_strings(offsets, data, np.uint64(seed), out)
    alone = [
        hash_bytes(np.frombuffer(b"??" + t.encode(), np.uint8), 2, 2 + len(t.encode()), np.uint64(seed)) for t in texts
    ]
    assert out.tolist() == [int(value) for value in alone]
    assert len(set(out.tolist())) == len(set(texts))


def test_hashes_are_the_same_on_every_machine() -> None:
    data = np.frombuffer("말모이, gathering of words".encode(), np.uint8)
    assert (int(mix(np.uint64(1))), int(hash_bytes(data, 0, len(data), np.uint64(7)))) == (
        10451216379200822465,
        17120874348247033306,
    )


@inner_kernel
def _set_first(values: Any, value: Any) -> Any:
    part = values[1:]
    part[0] = value
    return part[0]


@kernel
def _sum_of_set(values: Any, times: Any) -> Any:
    total = 0
    for value in range(times):
        own = values + value
        total += _set_first(own, value) + own[1] + _set_first(values, value)
    return total


def test_an_inner_kernel_keeps_no_array_and_frees_none() -> None:
    values = np.arange(5)
    references = sys.getrefcount(values)
    assert _sum_of_set(values, 1000) == 3 * sum(range(1000))
    assert sys.getrefcount(values) == references
    assert values.tolist() == [0, 999, 2, 3, 4]
