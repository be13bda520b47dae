"""Remnants of HTML go, everything that only looks like it stays."""

import html
import html.entities
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.text.markup import strip_markup, strip_markup_counted

DATA = Path(__file__).parents[4] / "shared" / "data"


def one(text: str) -> str:
    result: str = strip_markup(pa.array([text]))[0].as_py()
    return result


@pytest.mark.parametrize(
    "text",
    [
        "3 < 5 > 2",
        "I <3 you, <-> 1<2",
        "<unk> of @-@ <s> </s> <pad> <mask>",
        "a<b and c>d",
        "if (i<n && j>m) f<T>(x);",
        "영화 <기생충>을 <봤다>",
        "usage: copy <source> <address> <a>",
        "<http://example.org/> <someone@example.org>",
        "R&D, AT&T, Q&A; &copy=3 &unknown; &#; &#x; &#1",
        "<p unclosed",
        '<a href="never closed>',
        "<!-- never closed",
        "<!>",
        "< b > </ b >",
        "<",
        "</",
        "&",
    ],
)
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert one(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("가<br>나<BR/>다<br />라", "가\n나\n다\n라"),
        ("<p class=x>가나</p>다", "\n가나\n다"),
        ('<A HREF="http://x.y/?a=1&amp;b=2" target=_blank>링크</A>를', "링크를"),
        ("H<sub>2</sub>O <b>굵게</b>", "H2O 굵게"),
        ('a<img src=a.png alt="x > y">b', "a b"),
        ("<td nowrap>1</td><td>2</td>", " 1  2 "),
        ("a<script>var b = '<p>';</script>c<STYLE type='x'>d</style >e", "a\nc\ne"),
        ("a<script>never closed", "a\nnever closed"),
        ("a<!-- b -- <p> c -->d", "ad"),
        ('<?xml version="1.0"?>a<!DOCTYPE html>b<![endif]>c', "abc"),
        ("<![CDATA[a <b>b</b>]]> ]]>", "a b ]]>"),
        ("a<o:p></o:p>b", "ab"),
        ("&lt;&amp;&gt;&quot;&nbsp;&hellip;&ograve;", '<&>"\xa0…ò'),
        ("&nbsp &amp &lt1", "\xa0 & &lt1"),
        ("&#48;&#x41;&#X42;&#8217 &#150;", "0AB’ –"),
        ("&#0;&#xD800;&#x110000;&#9999999999;", "���&#9999999999;"),
        ("&nGt;&nLt;&NotEqualTilde;", "≫⃒≪⃒≂̸"),
        ("&lt;br&gt;a&amp;nbsp;b&lt;p&gt;", "\na\xa0b\n"),  # escaped as a whole: once more
        ("<i>&lt;b&gt;</i>", "<b>"),  # the markup is real, so what is escaped is text
    ],
)
def test_markup_goes(text: str, expected: str) -> None:
    assert one(text) == expected


def test_every_named_entity_is_decoded() -> None:
    names = [name for name in html.entities.html5 if name.endswith(";")]
    texts = [f"a &{name} b" for name in names if html.entities.html5[name] not in "<&"]
    assert strip_markup(pa.array(texts)).to_pylist() == [html.unescape(text) for text in texts]


@given(st.integers(0xA0, 0x10FFFF).filter(lambda code: not 0xD800 <= code < 0xE000))
@settings(deadline=None)
def test_every_number_is_decoded(code: int) -> None:
    assert one(f"&#{code};&#x{code:x};") == chr(code) * 2


def reference(text: str) -> str:
    """Simple tags without attributes and the entities of XML, one pass."""

    def replace(match: re.Match[str]) -> str:
        piece = match[0]
        if piece.startswith("&"):
            return {"&lt;": "<", "&gt;": ">", "&amp;": "&"}[piece]
        return "\n" if "p" in piece.lower() or "r" in piece.lower() else ""

    return re.sub(r"&lt;|&gt;|&amp;|</?(?:p|br|b|i)\s*/?>", replace, text, flags=re.IGNORECASE)


pieces = st.sampled_from(
    ["<p>", "</P>", "<br/>", "<b >", "</i>", "<", ">", "</", "&gt;", "&", "가", "x ", " ", "\n", "3"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(pieces, max_size=20).map("".join), max_size=3))
def test_equals_the_reference(batch: list[str]) -> None:
    result, changed, counts = strip_markup_counted(pa.array(batch, pa.string()))
    assert result.to_pylist() == [reference(text) for text in batch]
    assert changed.tolist() == [reference(text) != text for text in batch]
    assert counts["rows_changed"] == changed.sum()


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>/!-=\"'&;#x[]?pabr c가")))
def test_never_breaks_a_character(text: str) -> None:
    strip_markup(pa.array([text, text])).validate(full=True)


@pytest.mark.parametrize(
    "unit",
    ["<", '<a href="', "<p a=\" b='", "<!--", "<!", "<script>", "&", "&#1", "<a ", "</a", "<p x=y ", "<![CDATA["],
)
def test_hostile_input_takes_linear_time(unit: str) -> None:
    text = unit * 200_000  # with quadratic time this test would not end
    assert len(one(text)) <= len(text)


def test_counts_rows_and_slices() -> None:
    texts = pa.array(["x", "<p>a</p>", None, "b &amp; c", "plain", "<!-- -->"]).slice(1)
    result, changed, counts = strip_markup_counted(texts)
    assert result.to_pylist() == ["\na\n", "", "b & c", "plain", ""]
    assert changed.tolist() == [True, False, True, False, True]
    assert counts == {
        "entities_decoded": 1,
        "tags_removed": 2,
        "comments_removed": 1,
        "scripts_removed": 0,
        "rows_changed": 3,
    }
    assert strip_markup(pa.array([], pa.string())).to_pylist() == []


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data")
def test_clean_text_is_left_alone() -> None:
    text = (DATA / "en_wikitext2" / "valid.txt").read_text(encoding="utf-8")
    lines = pa.array(text.split("\n"))
    _, changed, _ = strip_markup_counted(lines)
    assert not changed.any()
