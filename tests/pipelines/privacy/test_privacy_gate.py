"""The gate opens wherever a pattern would match, and hands on no character twice, however hostile the text."""

from importlib import import_module

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.arrow import string_buffers
from pipelines.privacy import KINDS, find
from pipelines.privacy.gate import CORE_END, CORE_START, END, END_BYTE, FIRST_CORE, ROW, START, START_BYTE, Gate
from pipelines.privacy.kind import Kind
from pipelines.privacy.window import search_everywhere

re_parser = import_module("re._parser")
BY_PATTERN = tuple(kind for kind in KINDS if kind.patterns)
GATE = Gate.of(BY_PATTERN)
VALUES = ["010-1234-5678", "a.b@c.org", "900101-1234567", "여권 M12345678", "8.8.8.8", "IP fe80::1", "://u:p@h", "1990"]
text = st.lists(
    st.one_of(
        st.sampled_from([*VALUES, "가나 ", "\u200b", "@", ":", "계좌 ", "전화 ", "\n", "😀"]),
        st.text("0123 -.abC:", max_size=9),
    ),
    max_size=12,
).map("".join)


def ungated(text: str) -> list[tuple[int, int, str]]:
    """Every kind tried everywhere."""
    return [(start, end, BY_PATTERN[kind].name) for start, end, kind in search_everywhere(text, "ko", BY_PATTERN)]


@settings(max_examples=1000, deadline=None)
@given(text)
def test_the_gate_loses_nothing(text: str) -> None:
    rows = find(pa.array([text]), "ko", tuple(kind.name for kind in BY_PATTERN)).to_pylist()
    assert [(row["start"], row["end"], row["kind"]) for row in rows] == ungated(text)


@settings(max_examples=500, deadline=None)
@given(st.lists(text, max_size=4))
def test_windows_are_disjoint_whole_characters_around_their_cores(texts: list[str]) -> None:
    offsets, data = string_buffers(pa.array(texts, pa.string()))
    windows, cores = GATE.windows(offsets, data)
    limits = [*windows[:, FIRST_CORE].tolist(), len(cores)]
    before = (-1, 0)
    for index, window in enumerate(windows.tolist()):
        row = texts[window[ROW]]
        assert data[window[START_BYTE] : window[END_BYTE]].tobytes().decode() == row[window[START] : window[END]]
        assert before < (window[ROW], window[START]) or (before == (window[ROW], window[START]) and before[1])
        before = (window[ROW], window[END])
        assert limits[index] < limits[index + 1]
        for core in cores[limits[index] : limits[index + 1]].tolist():
            assert window[START] <= core[CORE_START] < core[CORE_END] <= window[END]


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "-",
        "@",
        "a@",
        "1-",
        "1 2 ",
        "1:",
        "1.",
        "://a:",
        "1\u200b",
        "010-1234-5678/",
        "a@b.com ",
        "계좌 1234567 ",
        "[1",
        "\u0304",
    ],
)
def test_hostile_text_is_handed_on_once(unit: str) -> None:
    hostile = unit * (200_000 // len(unit))
    windows, cores = GATE.windows(*string_buffers(pa.array([hostile])))
    assert int((windows[:, END] - windows[:, START]).sum()) <= len(hostile)
    assert len(cores) <= len(hostile) // 4 + 1


def test_ordinary_text_is_not_handed_on() -> None:
    ordinary = "2019년 3월 2일, 제12조 3항에 따라 1,234,567원을 12:30에 주었다. In 1990, 25 of 300 came. " * 50
    windows, _ = GATE.windows(*string_buffers(pa.array([ordinary])))
    assert len(windows) == 0


LONGEST = {"private_key": 4700}
"""Keys are long, but nothing is tried for them where the literal of their first or last line does not stand."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_patterns_have_an_end(kind: Kind) -> None:
    """Bounded matches, and no repetition whose body can begin where its neighbour may go on, keep the time linear."""
    for pattern in kind.patterns:
        _, longest = re_parser.parse(pattern.pattern).getwidth()
        assert longest <= LONGEST.get(kind.name, 450)
