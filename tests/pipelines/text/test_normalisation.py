"""Normalisation against a slow reference, on invented text and on the messiest real text there is."""

import json
import re
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.text.normalisation import normalise, normalise_counted
from pipelines.text.unicode import CONTROL, EMOJI, FILLER, FORMAT, SPACE, text_classes

DATA = Path(__file__).parents[4] / "shared" / "data"

SPECIAL = [
    *"\r\n\t\x0b\x0c\x85\u2028\u2029 \xa0\u3000\u2003\u3164\u2800\uffa0\u1160\x00\x1b\x7f\x9b\ufffe\U0001ffff",
    *"\u200b\u200c\u200d\ufeff\xad\u202e\u2066\u2060\u034f\U000e0041",
    *"\u1112\u1161\u11ab가한\u1100\u11a7\u11c3\ua960",
    *"e\u0301\u0327\u1e0d\u0958\u2126\u212b\u0344\uf900ㅋ",
    *"👩💻❤\ufe0f🏽🇰🇷1\u20e3",
]
texts = st.lists(st.one_of(st.sampled_from(SPECIAL), st.characters(codec="utf-8")), max_size=40).map("".join)


def members(*kinds: int) -> str:
    """Body of a regular expression's character class."""
    codes = np.flatnonzero(np.isin(text_classes(), kinds))
    return "".join(re.escape(chr(code)) for code in codes if code <= 0x10FFFF)


REMOVED = re.compile(f"[{members(CONTROL, FORMAT)}]")
SPACES = re.compile(f"[{members(SPACE, FILLER)}]+")
FILLERS = re.compile(f"[{members(FILLER)}]")
BLANK_BEFORE, BLANK_AFTER = re.compile("[ᅟᅠ⠀ㅤﾠ]{0,4}$"), re.compile("[ᅟᅠ⠀ㅤﾠ]{0,4}")
HIDING = re.compile("[0-9A-Za-z][0-9A-Za-z@_/=+.:-]|[.:][0-9]|[@_/=+-][0-9A-Za-z]")
JOINERS = re.compile(f"(?<=[{members(EMOJI)}])\u200d+(?=[{members(EMOJI)}])")


def without_hiding_fillers(text: str) -> str:
    def kept(found: re.Match[str]) -> str:
        before, after = BLANK_BEFORE.sub("", text[: found.start()]), BLANK_AFTER.sub("", text[found.end() :], count=1)
        sides = before[-1:] + after[:1]
        single = len(before) == found.start() and len(after) == len(text) - found.end()
        fillers = {*text[len(before) : len(text) - len(after)]}
        near = before.encode()[-48:] + after.encode()[:48]
        if (single or len(fillers) > 1) and re.fullmatch("[가-힣]{2}", sides) and b" " in near:
            return ""
        return "" if HIDING.fullmatch(sides) and (single or re.search("[0-9]", sides)) else found[0]

    return FILLERS.sub(kept, text)


def reference(text: str) -> str:
    text = re.sub("\r\n|[\r\x0b\x0c\x85\u2028\u2029]", "\n", without_hiding_fillers(text))
    text = REMOVED.sub("", text)
    text = JOINERS.sub("\ue000JOINER\ue000", text).replace("\u200d", "").replace("\ue000JOINER\ue000", "\u200d")
    text = SPACES.sub(" ", text)
    text = re.sub(" ?\n ?", "\n", text)
    text = re.sub("\n{3,}", "\n\n", text)
    return unicodedata.normalize("NFC", text.strip(" \n"))


def one(text: str) -> str:
    result: str = normalise(pa.array([text]))[0].as_py()
    return result


@settings(max_examples=400, deadline=None)
@given(st.lists(texts, max_size=4))
def test_equals_the_reference_and_is_idempotent(batch: list[str]) -> None:
    result = normalise(pa.array(batch, pa.string()))
    assert result.to_pylist() == [reference(text) for text in batch]
    again, counts = normalise_counted(result)
    assert again.equals(result)
    assert counts["rows_changed"] == 0
    assert not any(counts.values())


@settings(max_examples=400)
@given(st.text("7a.:-@가힣 \u3164\u2800\u1160", max_size=30))
def test_equals_the_reference_among_blank_fillers(text: str) -> None:
    assert one(text) == reference(text)
    assert one(one(text)) == one(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\x85d\u2028e\x0bf\x0cg", "a\nb\nc\nd\ne\nf\ng"),
        ("  a \t b  \n \n\n\n c \n", "a b\n\nc"),
        ("가\u200b나\ufeff다\xad라\u2060마\u202e바", "가나다라마바"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
        ("\u1112\u200b\u1161", "하"),
        ("하 \u11ab", "하 \u11ab"),
        ("e\u0301", "é"),
        ("👩\u200d💻 ❤\ufe0f\u200d🔥", "👩\u200d💻 ❤\ufe0f\u200d🔥"),
        ("می\u200cخواهم a\u200db👩\u200d", "میخواهم ab👩"),
        ("빈\u3164칸\u2800과\xa0\u3000칸", "빈 칸 과 칸"),
        ("이름은 김\u3164철\uffa0수입니다.", "이름은 김철수입니다."),
        ("이름은 김\u3164\u3164철수입니다.", "이름은 김 철수입니다."),
        ("이름은 김\u3164\uffa0철수입니다.", "이름은 김철수입니다."),
        ("010-12\u316434-5678, ho\uffa0ng@\u2800a.com", "010-1234-5678, hong@a.com"),
        (
            "192\u3164.\u2800168.1\u1160\u3164.9, A4:\uffa0BA-\u316495, x\u2800.net",
            "192.168.1\u1160.9, A4: BA-95, x.net",
        ),
        ("Mr.\u3164Hong\u3164\u3164said\u3164예\u31641", "Mr. Hong said 예 1"),
        ("깨진 \ufffd 글자", "깨진 \ufffd 글자"),
        ("ㅋㅋㅋ ｱ ﬁ ①", "ㅋㅋㅋ ｱ ﬁ ①"),
        ("\x00\x1b[31m\x7f", "[31m"),
        ("\n \t\u3000", ""),
    ],
)
def test_known_texts(text: str, expected: str) -> None:
    assert one(text) == expected
    assert reference(text) == expected


def test_counts_what_it_changed() -> None:
    _, counts = normalise_counted(
        pa.array(["\u1112\u1161\u11ab", "a\r\nb\u2028c", "\x00\x01\u200b", "a\u3000 b", "e\u0301"])
    )
    assert counts == {
        "hangul_syllables_composed": 2,
        "newlines_unified": 2,
        "control_characters_removed": 2,
        "format_characters_removed": 1,
        "spaces_unified": 1,
        "whitespace_removed": 1,
        "rows_composed": 1,
        "rows_changed": 5,
    }


def test_rows_that_are_not_selected_stay_as_they_are() -> None:
    result, counts = normalise_counted(pa.array([" a\r\n", " a\r\n", "e\u0301"]), np.array([True, False, False]))
    assert result.to_pylist() == ["a", " a\r\n", "e\u0301"]
    assert counts["rows_changed"] == 1


def test_slices_nulls_and_nothing() -> None:
    assert normalise(pa.array(["x", " a ", None, "b\n", "y"]).slice(1, 3)).to_pylist() == ["a", "", "b"]
    assert normalise(pa.array([], pa.string())).to_pylist() == []
    assert normalise(pa.chunked_array([["a "], [" b"]])).to_pylist() == ["a", "b"]


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data")
def test_equals_the_reference_on_messy_files() -> None:
    real = json.loads((DATA / "messy_blns" / "blns.json").read_text(encoding="utf-8"))
    for path in sorted(DATA.glob("messy_*/**/*")):
        if path.is_file() and path.suffix in {".txt", ".xml", ".md", ".tsv", ".bin"}:
            real.append(path.read_bytes().decode("utf-8", errors="replace"))
    assert len(real) > 500
    result = normalise(pa.array(real))
    assert result.to_pylist() == [reference(text) for text in real]
    assert normalise(result).equals(result)


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data")
def test_decomposed_korean_becomes_the_composed_original() -> None:
    folder = DATA / "messy_unicode_derived"
    composed, decomposed, mixed, carriage = (
        one((folder / f"ko_pud.{kind}.txt").read_text(encoding="utf-8-sig"))
        for kind in ("nfc", "nfd", "mixed", "crlf_bom")
    )
    assert composed == decomposed == mixed == carriage
