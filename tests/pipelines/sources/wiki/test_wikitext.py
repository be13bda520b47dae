"""Wikitext: what a reader sees arrives, what he does not see is gone, whatever the markup looks like."""

import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources.wiki.wikitext import wikitext_to_text


def convert(wikitext: str) -> str:
    text: str = wikitext_to_text(pa.array([wikitext]))[0][0].as_py()
    return text


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("a '''b''' ''c'' '''''d''''' e''''f''''", "a b c d e'f'"),
        ("[[bus]]es, [[Foo|bar]], [[:Category:X]], [[#Part|part]], [[a|]]", "buses, bar, Category:X, part, a"),
        ("[[파일:a.png|섬네일|설명 [[링크]] {{틀}}]]본문 [[분류:가]][[Category:X|k]]\n[[en:Foo]]", "본문"),
        ("[[File:a.jpg|thumb|first\n\nsecond]] after", "after"),
        ("[[그림:a.jpg]][[Image:b.jpg|left]][[image:c]]x", "x"),
        ("서울({{llang|en|Seoul}}, {{IPA|x}})은 ({{x}}) 수도", "서울(Seoul)은 수도"),
        ("a ({{x}}; b) c ({{y}}, {{z}}) d (e{{ref}}, ) (f, )", "a (b) c d (e) (f, )"),
        (
            "{{nowrap|10 [[km]]}} {{lang-fr|bonjour|x=y}} {{convert|10|km|mi}} {{lang|fr|a}} {{lang|fr|b|i=no}}",
            "10 km bonjour 10 km a b",
        ),
        ("{{a|{{b|{{c}}}}|[[d]]}}x{{{1|{{e}}}}}y", "xy"),
        ("{| class=x\n! h\n|-\n| a || b\n{| inner\n| q\n|}\n|}\nafter", "after"),
        ("{{Infobox\n| a = {{b}}\n| c = <ref>{{d}}</ref>\n|}}'''Seoul''' is", "Seoul is"),
        ('a<ref>b {{c}}</ref>d<ref name=x />e<ref name="y">f</ref>g', "adeg"),
        ("a <!-- b\n\nc --> d <math>x<y</math>e", "a d e"),
        ("<nowiki>[[a]] '''b''' {{c}}</nowiki> <poem>d</poem>", "[[a]] '''b''' {{c}} d"),
        ("<gallery>\nFile:a.jpg|b\n</gallery>\nc", "c"),
        ("[http://a.b c d] [https://e.f] [//g.h i] [mailto:x@y.z j] [1] [sic]", "c d i j [1] [sic]"),
        ("[http://a.b see [[c|d]] e] f", "see d e f"),
        ("__NOTOC__ a __목차없음__ b __init__ c_d", "a b __init__ c_d"),
        ("one\ntwo\n\nthree\n* four\n** five\nsix\n----\nseven", "one two\n\nthree\nfour\nfive\nsix\n\nseven"),
        ("a\n== 역사 ==\nb\n=== 조선 === <!-- x -->\nc\n= d =\ne", "a\n\nb\n\nc\n\ne"),
        ("a\n== See also ==\n* b\n=== More ===\nc\n== Life ==\nd\n== 각주 ==\n{{각주}}\n* e", "a\n\nd"),
        ("a == b\n=c\n==\n= =", "a == b =c =="),
        ("x <br /> &nbsp; 3 < 5 <b>y</b>", "x <br /> &nbsp; 3 < 5 <b>y</b>"),
        ("", ""),
        # What nothing closes, or nothing opens.
        ("a {{b|c\nd", "a d"),
        ("a }} b ]] c [[ d |} e", "a b c d |} e"),
        ("{|\n| a\n! b\ntext", "! b text"),
        ("a <ref>b\n\nc<ref>d</ref>e", "a b\n\nce"),
        ("a <!-- b", "a b"),
        ("[[a [b] c]] [http://x\ny] z", "a [b] c [http://x y] z"),
        ("{{a|[[b}} c]] d", "c d"),
    ],
)
def test_what_is_seen(wikitext: str, text: str) -> None:
    assert convert(wikitext) == text


@pytest.mark.parametrize(
    "page", ["{{disambig}}", "a\n{{동음이의}}", "{{ Hndis|name=x }}", "[[a]]\n{{Disambiguation|geo}}"]
)
def test_pages_that_disambiguate(page: str) -> None:
    _, disambiguation = wikitext_to_text(pa.array(["text {{other|disambig}}", page]))
    assert disambiguation.tolist() == [False, True]


WORD = st.sampled_from(["서울은", "the", "도시", "1990년", "x=y", "a'b", "é", "😀"])


def wrap(inner: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[tuple[str, str]]:
    """Pairs of wikitext and its text, around such pairs."""
    return st.one_of(
        inner.map(lambda pair: (f"'''{pair[0]}'''", pair[1])),
        inner.map(lambda pair: (f"[[Target|{pair[0]}]]", pair[1])),
        # Its text ends at the first bracket.
        inner.filter(lambda pair: "]" not in pair[0]).map(lambda pair: (f"[http://example.org {pair[0]}]", pair[1])),
        inner.map(lambda pair: (f"{{{{nowrap|{pair[0]}}}}}", pair[1])),
        inner.map(lambda pair: (f"{pair[0]}{{{{Template|a={pair[0]}|b}}}}", pair[1])),
        inner.map(lambda pair: (f"{pair[0]}<ref>{pair[0]}</ref>", pair[1])),
        inner.map(lambda pair: (f"{pair[0]}[[File:a.jpg|thumb|{pair[0]}]]", pair[1])),
        inner.map(lambda pair: (f"{pair[0]}<!-- {pair[0]} -->", pair[1])),
        st.tuples(inner, inner).map(lambda both: (f"{both[0][0]} {both[1][0]}", f"{both[0][1]} {both[1][1]}")),
    )


def plain_links(wikitext: str) -> bool:
    """External links do not nest, and a comment or a reference ends at its first end."""
    nested = r"\[http[^\]]*\[http|<!--(?:(?!-->).)*<!--|<ref>(?:(?!</ref>).)*<ref>|''''''|\[\[T[^\]]*\[\[T"
    return not re.search(nested, wikitext)


@settings(max_examples=300)
@given(st.recursive(WORD.map(lambda word: (word, word)), wrap, max_leaves=8).filter(lambda pair: plain_links(pair[0])))
def test_markup_around_text_leaves_the_text(pair: tuple[str, str]) -> None:
    wikitext, text = pair
    assert convert(wikitext) == text


PIECES = [
    "{{",
    "}}",
    "{{{",
    "}}}",
    "[[",
    "]]",
    "[",
    "]",
    "{|",
    "|}",
    "|",
    "\n",
    "\n\n",
    "''",
    "'",
    "=",
    "== a ==",
    "<ref>",
]
PIECES += [
    "</ref>",
    "<ref/>",
    "<!--",
    "-->",
    "<nowiki>",
    "</nowiki>",
    "<math>",
    "(",
    ")",
    ",",
    ";",
    "*",
    ":",
    "파일:",
    "en:",
]
PIECES += [
    "http://",
    "lang|",
    "convert|",
    "__",
    "X",
    " ",
    "가",
    "&lt;",
    "<",
    ">",
    "/",
    "----",
    "}",
    "{",
    "각주",
    "<table>",
]


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_whatever_stands_there_becomes_shorter_text(wikitext: str) -> None:
    alone = convert(wikitext)
    assert len(alone.encode()) <= len(wikitext.encode())
    assert alone == alone.strip(" \n") or "nowiki" in wikitext
    assert wikitext_to_text(pa.array(["{{a", wikitext, "[[b"]))[0].to_pylist()[1] == alone
    assert "\n\n\n" not in alone or "nowiki" in wikitext


@pytest.mark.parametrize(
    "piece",
    [
        "{{",
        "[[",
        "{{{",
        "}}",
        "{|\n",
        "<ref>",
        "<ref",
        "[http://a ",
        "<!--",
        "{{a|",
        "[[a|b",
        "<nowiki>",
        "=",
        "(,",
        "__a",
    ],
)
def test_a_megabyte_of_anything_is_read_in_a_bounded_number_of_steps(piece: str) -> None:
    # Quadratic time would be an hour for each.
    text = convert(piece * (1_000_000 // len(piece)) + "\n\nend")
    assert text.endswith("end") or piece in ("<!--", "<nowiki>")


def test_rows_that_are_null_or_many() -> None:
    texts, disambiguation = wikitext_to_text(pa.chunked_array([["''a''", None], ["[[b]]"]]))
    assert texts.to_pylist() == ["a", "", "b"]
    assert len(disambiguation) == 3
