"""Runs and jamo repaired, against a slow reference and without touching anything else."""

import re
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.text.normalisation import normalise
from pipelines.text.repair import repair, repair_counted

HALF_WIDTH = "ﾡﾢﾤﾧﾱﾷﾸﾾￂￃￊￒￚￜﾣﾺ"
pieces = st.one_of(
    st.sampled_from(
        [
            "ㅋㅋㅋㅋ",
            "ㅎㅎㅎ",
            "ㅠㅠㅠㅠㅠ",
            "!!!!",
            "....",
            "?",
            "~~~~~",
            "😂😂😂😂",
            "aaaa",
            "0000",
            "----",
            "한글",
            " ",
        ]
    ),
    st.sampled_from(
        [*HALF_WIDTH, *"ᄏᄒᆨᅡᅵ", "ㅋ", "가", "각", "\n", "…", "ᄀ", "☆☆☆☆", "····", "ㆍㆍㆍㆍ", "é", "*****"]
    ),
    st.characters(codec="utf-8"),
)
texts = st.lists(pieces, max_size=30).map("".join)


def one(text: str, longest_run: int = 3) -> str:
    result: str = repair(normalise(pa.array([text])), longest_run)[0].as_py()
    return result


def plain_runs(text: str, longest_run: int) -> str:
    """Runs alone, with regular expressions."""
    emoji = "\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001f9ff\u2600-\u27bf"
    return re.sub(rf"([ㄱ-ㆎ!?.~…^;,ㆍ♡♥♪♬～！？｡。{emoji}])\1{{{longest_run},}}", r"\1" * longest_run, text)


@given(st.lists(texts, max_size=3), st.integers(2, 5))
def test_what_comes_out_stays_as_it_is(batch: list[str], longest_run: int) -> None:
    repaired = repair(normalise(pa.array(batch, pa.string())), longest_run)
    again, counts = repair_counted(repaired, longest_run)
    assert again.to_pylist() == repaired.to_pylist() == normalise(repaired).to_pylist()
    assert not any(counts.values())


@given(
    st.lists(
        texts.filter(
            lambda text: not re.search("[\u1100-\u11ff\uffa0-\uffdc\u3164]", normalise(pa.array([text]))[0].as_py())
        ),
        max_size=3,
    )
)
def test_runs_equal_the_reference(batch: list[str]) -> None:
    normal = normalise(pa.array(batch, pa.string()))
    assert repair(normal, 3).to_pylist() == [plain_runs(text, 3) for text in normal.to_pylist()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ㅋㅋㅋㅋㅋㅋ 웃겨!!!!!!", "ㅋㅋㅋ 웃겨!!!"),
        ("ㅋㅋ ㅠㅠ ...", "ㅋㅋ ㅠㅠ ..."),
        ("aaaa 10000000 ------ ******** ____", "aaaa 10000000 ------ ******** ____"),
        ("ﾾￂﾤﾡￋ", "한계"),
        ("ﾡￂﾡ ﾡￂﾡￂ", "각 가가"),
        ("ﾷﾷﾷﾷﾷ", "ㅇㅇㅇ"),
        ("ᄏᄏᄏᄏ ᅲᅲ ᆨ", "ㅋㅋㅋ ㅠㅠ ㄱ"),
        ("각ㅏ", "각ㅏ"),
        ("😂😂😂😂😂😂", "😂😂😂"),
    ],
)
def test_repairs(text: str, expected: str) -> None:
    assert one(text) == expected


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=8))
def test_syllables_written_in_half_width_jamo_come_back(word: str) -> None:
    letters = {
        unicodedata.name(chr(code)): chr(code) for code in range(0xFFA1, 0xFFDD) if unicodedata.name(chr(code), "")
    }
    half = ""
    for jamo in unicodedata.normalize("NFD", word):
        name = re.sub("CHOSEONG|JUNGSEONG|JONGSEONG", "LETTER", unicodedata.name(jamo))
        half += letters[f"HALFWIDTH {name}"]
    assert one(half) == plain_runs(word, 3)


def test_what_was_done_is_counted() -> None:
    _, counts = repair_counted(pa.array(["ㅋㅋㅋㅋㅋ!!!!", "ﾾￂﾤ", "ᄏ", "그대로"]))
    assert counts == {
        "runs_shortened": 2, "characters_in_runs_removed": 3, "half_width_jamo": 3, "stray_jamo": 1, "rows_changed": 3
    }  # fmt: skip
