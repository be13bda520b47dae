"""Dropping recurring lines."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.kernels import hash_strings
from pipelines.text.lines import drop_lines, line_hashes
from pipelines.text.normalise import normalise


def hashes_of(lines: list[str]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    flattened: np.ndarray[tuple[int], np.dtype[np.uint64]] = line_hashes(pa.array(lines)).flatten().to_numpy()
    return np.sort(flattened)


def test_hashes_of_lines_without_the_empty_ones() -> None:
    hashes = line_hashes(pa.array(["", "가\n\nb\n", None, "b"]))
    assert [len(row) for row in hashes.to_pylist()] == [0, 2, 0, 1]
    assert hashes[1][1] == hashes[3][0]
    alone = np.empty(1, np.uint64)
    hash_strings(np.array([0, 3]), np.frombuffer("가".encode(), np.uint8), 0, alone)
    assert hashes[1][0].as_py() == alone[0]


def test_dropping_lines_keeps_paragraphs_apart() -> None:
    texts = pa.array(["메뉴\n\na\nb\n\n메뉴\n\nc\n메뉴", "메뉴", "x\n메뉴\ny", "no menu"])
    result, dropped = drop_lines(texts, hashes_of(["메뉴", "absent"]))
    assert result.to_pylist() == ["a\nb\n\nc", "", "x\ny", "no menu"]
    assert dropped.tolist() == [3, 1, 1, 0]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="ab\n", max_size=30), max_size=4), st.lists(st.sampled_from(["a", "b", "aa", "ab"])))
def test_equals_the_reference(texts: list[str], recurring: list[str]) -> None:
    normal = normalise(pa.array(texts, pa.string()))
    result, dropped = drop_lines(normal, hashes_of(recurring) if recurring else np.empty(0, np.uint64))
    for text, left, count in zip(normal.to_pylist(), result.to_pylist(), dropped.tolist(), strict=True):
        lines = text.split("\n")
        assert [line for line in left.split("\n") if line] == [line for line in lines if line and line not in recurring]
        assert count == sum(line in recurring for line in lines)
    assert normalise(result).equals(result)
