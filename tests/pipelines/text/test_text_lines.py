"""Lines are found and cut as plain Python would, whatever the text."""

import random
import re

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.text.lines import cut_lines, find_lines

texts = st.lists(st.text(alphabet="가나aB1 .\n\u3000é", max_size=30), max_size=6)


def letters(line: str) -> str:
    return "".join(re.findall(r"[^\W_]", line.lower()))


@given(content=texts, minimum=st.integers(1, 4))
def test_lines_are_those_of_python(content: list[str], minimum: int) -> None:
    lines = find_lines(pa.array(content, pa.string()), minimum)
    expected = []
    for row, text in enumerate(content):
        start = 0
        for line in text.split("\n"):
            size = len(line.encode())
            if len(letters(line)) >= minimum:
                expected.append((row, start, start + size, len(letters(line))))
            start += size + 1
    assert list(zip(*(column.tolist() for column in lines[:4]), strict=True)) == expected
    said = [letters(content[row].encode()[start:stop].decode()) for row, start, stop, _ in expected]
    for a, one in enumerate(said):
        for b, other in enumerate(said):
            assert (one == other) == (lines.content[a] == lines.content[b])


@given(content=texts, choice=st.randoms(use_true_random=False))
def test_cut_lines_go_with_one_newline_each(content: list[str], choice: random.Random) -> None:
    array = pa.array(content, pa.string())
    lines = find_lines(array, 1)
    chosen = np.array([choice.random() for _ in lines.row], np.float64) < 0.5
    cut = cut_lines(array, lines.row[chosen], lines.start[chosen], lines.stop[chosen])
    gone = set(zip(lines.row[chosen].tolist(), lines.start[chosen].tolist(), strict=True))
    for row, text in enumerate(content):
        kept, start = [], 0
        for line in text.split("\n"):
            if (row, start) not in gone:
                kept.append(line)
            start += len(line.encode()) + 1
        assert cut[row].as_py() == "\n".join(kept)
