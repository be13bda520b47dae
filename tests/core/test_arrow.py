"""Arrow files are the same bytes whenever the values are the same, and never half written."""

import hashlib
import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core import arrow
from pipelines.core.arrow import ShardWriter, list_buffers, logical_hash, read_batches, string_array, string_buffers
from pipelines.core.errors import MalmoiError

SCHEMA = pa.schema(
    [
        pa.field("text", pa.string(), nullable=False),
        pa.field("ids", pa.list_(pa.field("item", pa.uint16(), nullable=False)), nullable=False),
        pa.field("label", pa.int8(), nullable=False),
        pa.field("parts", pa.list_(pa.field("item", pa.string(), nullable=False)), nullable=False),
    ]
)
rows = st.lists(
    st.tuples(
        st.text(max_size=8),
        st.lists(st.integers(0, 65535), max_size=5),
        st.integers(-128, 127),
        st.lists(st.text(max_size=3), max_size=3),
    ),
    max_size=12,
)


def batch_of(content: list[tuple[str, list[int], int, list[str]]]) -> pa.RecordBatch:
    names = SCHEMA.names
    return pa.RecordBatch.from_pylist([dict(zip(names, row, strict=True)) for row in content], SCHEMA)


def values(batch: pa.RecordBatch) -> int:
    """Bytes of the values, counted the slow way."""
    sizes = [
        len(row["text"].encode()) + 2 * len(row["ids"]) + 1 + sum(len(part.encode()) for part in row["parts"])
        for row in batch.to_pylist()
    ]
    return sum(sizes)


def written(path: Path, batches: list[pa.RecordBatch], rows_per_batch: int = 3) -> str:
    with ShardWriter(path, SCHEMA, rows_per_batch) as writer:
        for batch in batches:
            writer.write(batch)
    assert writer.values == logical_hash(read_batches(path), SCHEMA)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@settings(max_examples=60, deadline=None)
@given(content=rows, cuts=st.lists(st.integers(0, 12), max_size=3))
def test_bytes_do_not_depend_on_how_the_rows_arrive(
    tmp_path_factory: pytest.TempPathFactory, content: list[tuple[str, list[int], int, list[str]]], cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("arrow")
    whole = batch_of(content)
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    slices = [whole.slice(a, b - a) for a, b in itertools.pairwise(edges)]
    assert written(folder / "whole", [whole]) == written(folder / "slices", slices)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrow, "BYTES_PER_BATCH", 20)
        assert written(folder / "few bytes", [whole], 99) == written(folder / "few bytes of slices", slices, 99)
        for batch in read_batches(folder / "few bytes"):
            assert batch.num_rows == 1 or values(batch.slice(0, batch.num_rows - 1)) < 20
    back = pa.Table.from_batches(read_batches(folder / "slices"), SCHEMA)
    assert back.to_pylist() == whole.to_pylist()
    hashes = {logical_hash(read_batches(folder / name), SCHEMA) for name in ("whole", "slices")}
    assert len(hashes) == 1
    some = pa.Table.from_batches(read_batches(folder / "slices", ["label", "text"]), SCHEMA.remove(3).remove(1))
    assert some == back.select(["text", "label"])


def test_a_known_shard_has_known_bytes(tmp_path: Path) -> None:
    content = [("가나", [1, 65535], -1, ["a", ""]), ("", [], 0, []), ("x", [7], 1, ["나"])]
    assert written(tmp_path / "shard", [batch_of(content)]) == (
        "e8014d60ee8a902ed95d83f578648c7f811eac2afaa8b2d9c4b8a99e0dfd358e"
    )


def test_an_error_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), ShardWriter(tmp_path / "shard", SCHEMA) as writer:
        writer.write(batch_of([("a", [1], 0, [])]))
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=6)), st.integers(0, 5), st.sampled_from([pa.string(), pa.large_string()]))
def test_buffers_of_slices_round_trip(texts: list[str], start: int, kind: pa.DataType) -> None:
    array = pa.array(texts, kind)[start:]
    offsets, data = string_buffers(array)
    assert string_array(offsets, data).to_pylist() == texts[start:]
    lists = pa.array([list(range(len(text))) for text in texts], pa.list_(pa.uint16()))[start:]
    ends, values = list_buffers(lists)
    assert [values[a:b].to_pylist() for a, b in itertools.pairwise(ends)] == lists.to_pylist()


def test_over_two_gigabytes_in_a_batch_is_refused() -> None:
    with pytest.raises(MalmoiError, match="use smaller batches"):
        string_array(np.array([0, 2**31], np.int64), np.zeros(0, np.uint8))


@pytest.mark.parametrize("content", [b"", b"not arrow", b"ARROW1\0\0truncated"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.arrow"
    path.write_bytes(content)
    with pytest.raises(MalmoiError, match=r"damaged\.arrow"):
        list(read_batches(path))
