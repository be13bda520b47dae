"""N-grams of given texts in documents: what is found, and in which lines, as a slow reference finds it."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.text.ngrams import Search, index_ngrams

WRITING = st.text(st.sampled_from("가나다라마 aB1.\n"), max_size=60)
TEXTS = st.lists(WRITING, min_size=1, max_size=6)


def folded(text: str) -> str:
    return "".join(character.lower() for character in text if character.isalnum())


def ngrams(letters: str, width: int) -> list[str]:
    return [letters[start : start + width] for start in range(len(letters) - width + 1)]


def matches(documents: list[str], texts: list[str], widths: list[int], needed: list[int]) -> list[tuple[int, int, int]]:
    """Row, text, how many n-grams."""
    found = []
    for row, document in enumerate(documents):
        for number, (text, width) in enumerate(zip(texts, widths, strict=True)):
            both = set(ngrams(folded(text), width)) & set(ngrams(folded(document), width))
            if len(both) >= needed[number]:
                found.append((row, number, len(both)))
    return found


def holding(document: str, text: str, width: int, needed: int) -> set[int]:
    """Numbers of the lines that hold enough of ``text``."""
    lines = document.split("\n")
    of = [number for number, line in enumerate(lines) for _ in folded(line)]
    wanted = set(ngrams(folded(text), width))
    middles = [
        of[start + width - 1 - width // 2]
        for start, gram in enumerate(ngrams(folded(document), width))
        if gram in wanted
    ]
    held = {line: middles.count(line) for line in middles}
    return {line for line, count in held.items() if 4 * count >= needed or 2 * count >= len(folded(lines[line]))}


@given(documents=TEXTS, texts=TEXTS, data=st.data())
def test_matches_and_lines_are_those_of_the_reference(
    documents: list[str], texts: list[str], data: st.DataObject
) -> None:
    widths = [data.draw(st.integers(1, 5)) for _ in texts]
    needed = [data.draw(st.integers(1, 8)) for _ in texts]
    search = Search(index_ngrams(pa.array(texts), np.array(widths)), np.array(needed))
    for _ in range(2):  # nothing is left over from the first time
        found = search.find(pa.array(documents))
        assert list(zip(*(column.tolist() for column in found), strict=True)) == matches(
            documents, texts, widths, needed
        )
    lines: dict[int, set[int]] = {}
    for row, number in zip(found.row.tolist(), found.text.tolist(), strict=True):
        lines.setdefault(row, set()).update(holding(documents[row], texts[number], widths[number], needed[number]))
    expected = [(row, line) for row in sorted(lines) for line in sorted(lines[row])]
    ranges = search.lines(pa.array(documents), found)
    for (row, line), (at, start, stop) in zip(
        expected, zip(*(each.tolist() for each in ranges), strict=True), strict=True
    ):
        before = documents[row].encode()[:start]
        assert (at, before.count(b"\n"), documents[row].split("\n")[line].encode()) == (
            row,
            line,
            documents[row].encode()[start:stop],
        )


def test_the_number_of_ngrams_of_each_text_is_that_of_the_distinct_ones() -> None:
    index = index_ngrams(pa.array(["가나다라", "가가가가", "가나", ""]), np.full(4, 3))
    assert index.ngrams.tolist() == [2, 1, 0, 0]


@pytest.mark.parametrize("texts", [[], [""], ["가나"]])
def test_an_index_without_ngrams_finds_nothing(texts: list[str]) -> None:
    search = Search(index_ngrams(pa.array(texts, pa.string()), np.full(len(texts), 3)), np.ones(len(texts), np.int64))
    assert [len(column) for column in search.find(pa.array(["가나다라", ""]))] == [0, 0, 0]


def test_more_matches_than_there_is_room_for_at_first() -> None:
    texts = [f"문항 {number} 하나" for number in range(700)]
    search = Search(index_ngrams(pa.array(texts), np.full(700, 3)), np.ones(700, np.int64))
    found = search.find(pa.array(["문항 0 하나", " ".join(texts)]))
    assert (found.row == 1).sum() == 700
    assert found.row.tolist() == sorted(found.row.tolist())
