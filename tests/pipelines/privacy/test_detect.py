"""What holds for any text: disguises are seen through, offsets are right, the rest stays, twice is once."""

import re
import unicodedata
from dataclasses import replace
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.errors import MalmoiError
from pipelines.privacy import KINDS, PLACEHOLDERS, find, scrub, scrub_counted
from pipelines.privacy.detect import SPANS, scrub_or_give_up
from pipelines.privacy.kind import Found, Kind

# One value of each kind that needs no word beside it, and those that do, with the word.
PLAIN = {
    "email": "hong.gildong@example.com",
    "phone": "010-1234-5678",
    "resident_number": "900101-1234567",
    "foreigner_number": "911124-5678906",
    "card": "4111-1111-1111-1111",
    "business_number": "124-81-00998",
    "ip_address": "192.168.10.120",
}
CUED = {
    "account": ("계좌번호는 ", "110-123-456789"),
    "corporate_number": ("법인등록번호 ", "130111-0006246"),
    "passport": ("여권번호: ", "M12345678"),
    "driver_licence": ("운전면허 ", "11-22-123456-12"),
}
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0dㅡ"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u0304\u20dd"
PARTICLES = ("로", "으로", "에서", "입니다", "이고", "은", "을", "와", " ", "", ".", ",")

PATTERNS = tuple(kind.name for kind in KINDS if kind.patterns)
"""Syllables at random make names now and then."""

hangul = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=12)
# Words that name a kind, or something else, change what a number beside them is; they are tested by example.
words = {word for kind in KINDS for word in (*kind.cues, *kind.denials)}
hangul = hangul.filter(lambda text: not any(word in text for word in words))
prose = st.lists(hangul, max_size=6).map(" ".join)
noise = st.text(st.sampled_from(list("0123456789-./ :@()+abcxMEL가나다계좌여권전화[]_\n" + INVISIBLE)), max_size=80)


@st.composite
def disguised(draw: st.DrawFn) -> tuple[str, str, str]:
    """A kind, the word it may need, and a value of it in disguise."""
    kind = draw(st.sampled_from([*PLAIN, *CUED]))
    cue, value = CUED.get(kind) or ("", PLAIN[kind])
    dash = draw(st.sampled_from(DASHES)) if kind != "email" else "-"
    separator = draw(st.sampled_from([dash, f" {dash} ", " ", ".", "/"])) if kind in ("phone", "card") else dash
    full_width = draw(st.booleans())
    characters = [separator if character == "-" else character for character in value]
    if full_width:
        characters = [
            "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" and letter != "-" else letter for letter in part)
            for part in characters
        ]
    for place in draw(st.lists(st.integers(1, len(characters) - 1), max_size=3)):
        characters[place] = draw(st.sampled_from(INVISIBLE)) + characters[place]
    return kind, cue, "".join(characters)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(prose, disguised(), st.sampled_from(PARTICLES), prose), min_size=1, max_size=3))
def test_every_disguise_is_found_where_it_stands(parts: list[tuple[str, tuple[str, str, str], str, str]]) -> None:
    texts = [f"{before} {cue}{value}{particle}{after}" for before, (_, cue, value), particle, after in parts]
    rows = find(pa.array(texts), "ko", PATTERNS).to_pylist()
    expected = [
        {
            "row": row,
            "start": len(before) + 1 + len(cue),
            "end": len(before) + 1 + len(cue) + len(value),
            "kind": kind,
        }
        for row, (before, (kind, cue, value), _, _) in enumerate(parts)
    ]
    assert rows == expected


@settings(max_examples=200, deadline=None)
@given(hangul, st.sampled_from(sorted(PLAIN)), hangul)
def test_hangul_may_touch_the_value_on_both_sides(before: str, kind: str, after: str) -> None:
    value = PLAIN[kind]
    assert find(pa.array([f"{before}{value}{after}"]), "ko", PATTERNS).select(["start", "end"]).to_pylist() == [
        {"start": len(before), "end": len(before) + len(value)}
    ]


def spliced(text: str, language: str) -> str:
    """What scrubbing has to give, by the spans alone."""
    out, position = "", 0
    for span in find(pa.array([text]), language).to_pylist():
        out += text[position : span["start"]] + f"[{span['kind'].upper()}]"
        position = span["end"]
    return out + text[position:]


values = st.sampled_from(
    [*PLAIN.values(), *(cue + value for cue, value in CUED.values()), "user:pw@h.com", "://", "fe80::1:2:3"]
)
messy = st.lists(st.one_of(noise, values, prose), max_size=8).map("".join)


@settings(max_examples=1000, deadline=None)
@given(st.lists(messy, min_size=1, max_size=3), st.sampled_from(["ko", "en", "other"]))
def test_scrubbing_keeps_the_rest_and_twice_is_once(texts: list[str], language: str) -> None:
    spans = find(pa.array(texts), language).to_pylist()
    assert spans == sorted(spans, key=lambda span: (span["row"], span["start"]))
    for first, second in pairwise(spans):
        assert first["row"] < second["row"] or first["end"] <= second["start"]
    assert all(0 <= span["start"] < span["end"] <= len(texts[span["row"]]) for span in spans)
    once, counts = scrub_counted(pa.array(texts), language)
    assert once.to_pylist() == [spliced(text, language) for text in texts]
    assert sum(counts.values()) == len(spans)
    assert scrub(once, language).to_pylist() == once.to_pylist()


def test_decomposed_hangul_beside_a_value_is_read() -> None:
    text = unicodedata.normalize("NFD", "계좌번호는 110-123-456789입니다")
    assert scrub(pa.array([text]), "ko").to_pylist() == [
        unicodedata.normalize("NFD", "계좌번호는 ") + "[ACCOUNT]" + unicodedata.normalize("NFD", "입니다")
    ]


def test_language_decides_what_an_american_grouping_is() -> None:
    texts = pa.array(["415-555-2671"])
    assert find(texts, "ko").num_rows == 0
    assert find(texts, "en").column("kind").to_pylist() == ["phone"]


def test_a_limit_on_kinds_leaves_the_others() -> None:
    texts = pa.array(["010-1234-5678 hong@example.com"])
    assert scrub(texts, "ko", ("email",)).to_pylist() == ["010-1234-5678 [EMAIL]"]
    assert scrub_counted(texts, "ko") == (pa.array(["[PHONE] [EMAIL]"]), {"phone": 1, "email": 1})
    assert scrub(texts, "ko", ()) is texts


def test_all_shapes_of_arrow_arrays() -> None:
    rows = ["없음", None, "010-1234-5678로", "", "끝"]
    scrubbed = ["없음", None, "[PHONE]로", "", "끝"]
    for texts in (
        pa.array(rows),
        pa.array(["x", *rows]).slice(1),
        pa.array(rows, pa.large_string()),
        pa.chunked_array([rows[:2], rows[2:]]),
    ):
        assert scrub(texts, "ko").to_pylist() == scrubbed
        assert find(texts, "ko").to_pylist() == [{"row": 2, "start": 0, "end": 13, "kind": "phone"}]
    empty = pa.array([], pa.string())
    assert find(empty, "ko").schema == SPANS
    assert scrub(empty, "ko") is empty


def test_text_without_personal_data_is_not_copied() -> None:
    texts = pa.array(["사람이 없는 글", "version 1.2.3 of 2019-01-02"])
    assert scrub(texts, "ko") is texts


def test_placeholders_are_no_words_for_what_follows() -> None:
    texts = pa.array([f"{placeholder} 1234567890123 {placeholder} M12345678" for placeholder in PLACEHOLDERS])
    assert find(texts, "ko").num_rows == 0


def broken(found: Found) -> float:
    raise ValueError(found.value)


def unsure(found: Found) -> float:
    return 0.5 if found.before in ("", "가") else 0.0  # behind the beginning, or behind what has been found


def test_a_row_that_a_detector_cannot_finish_fails_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    (passport,) = (kind for kind in KINDS if kind.name == "passport")
    others = tuple(kind for kind in KINDS if kind is not passport)
    monkeypatch.setattr("pipelines.privacy.detect.KINDS", (*others, replace(passport, check=broken)))
    texts = pa.array(["010-1234-5678", "010-1234-5678 여권 M12345678", "여권 없이", "여권 M12345678"])
    given_up = scrub_or_give_up(texts, "ko")
    assert given_up.texts.to_pylist() == ["[PHONE]", "", "여권 없이", ""]
    assert given_up.unfinished == dict.fromkeys((1, 3), "ValueError in passport")
    assert given_up.counts == {"phone": 1}
    for call in (find, scrub):
        with pytest.raises(MalmoiError, match="row 1 and 1 more: a detector could not finish") as caught:
            call(texts, "ko")
        assert "M12345678" not in str(caught.value)
    assert scrub_or_give_up(texts, "ko", ("phone",)).unfinished == {}


def test_finds_that_open_new_ones_without_end_fail_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = Kind(name="run", patterns=(re.compile("@"),), check=unsure, literals=("@",), examples=(), traps=(), draw=str)
    monkeypatch.setattr("pipelines.privacy.detect.KINDS", (kind,))
    texts = pa.array(["가@", "가" + "@" * 200])
    given_up = scrub_or_give_up(texts, "ko")
    assert given_up.texts.to_pylist() == ["가[RUN]", ""]
    assert given_up.unfinished == {1: "UnfinishedError in run"}


def test_errors_name_the_mistake_and_no_text() -> None:
    texts = pa.array(["010-1234-5678"])
    with pytest.raises(MalmoiError, match="use ko, en or other") as wrong_language:
        find(texts, "korean")
    with pytest.raises(MalmoiError, match="telephone; there are account") as wrong_kind:
        scrub(texts, "ko", ("telephone",))
    assert "1234" not in f"{wrong_language.value}{wrong_kind.value}"
    assert {kind.name for kind in KINDS} >= set(PLAIN) | set(CUED)
