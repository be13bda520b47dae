"""Dumps of Wikipedia: articles as text, other pages by rule, however the file is packed, cut or damaged."""

import bz2
import gzip
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.core.tasks import FileRange, Task
from pipelines.sources import planning
from pipelines.sources.listing import list_files
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.planning import plan
from pipelines.sources.reading import read_documents

SHARED = Path(__file__).parents[4] / "shared" / "data"
DUMP = SHARED / "messy_wiki_xml" / "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
needs_data = pytest.mark.skipif(not DUMP.is_file(), reason="shared data is absent")
LIMITS = ReadLimits(max_document_bytes=1_000_000)
HEAD = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="ko">\n  <siteinfo>\n  </siteinfo>\n'
END = "</mediawiki>\n"


def page(number: int, title: str, text: str, namespace: int = 0, redirect: str = "") -> str:
    target = f'\n    <redirect title="{redirect}" />' if redirect else ""
    return f"""  <page>
    <title>{escape(title)}</title>
    <ns>{namespace}</ns>
    <id>{number}</id>{target}
    <revision>
      <id>{number + 1000}</id>
      <parentid>7</parentid>
      <contributor><username>누구</username><id>99</id></contributor>
      <comment>&lt;page&gt; [[a]]</comment>
      <model>wikitext</model>
      <text bytes="{len(text)}" xml:space="preserve">{escape(text)}</text>
    </revision>
  </page>
"""


PAGES = [
    page(1, "서울 & 부산", "'''서울'''은 [[대한민국]]의 수도이다.&nbsp;<ref>x</ref> 3 < 5"),
    page(2, "토론:서울", "no", 1),
    page(3, "한양", "#넘겨주기 [[서울]]", redirect="서울"),
    page(4, "옛 넘겨주기", "#REDIRECT [[서울]]"),
    page(5, "서울 (동음이의)", "서울은 여럿이다."),
    page(6, "말", "{{동음이의}} 말은 여럿이다."),
    page(7, "틀만", "{{틀}}"),
    page(8, "Last", "The last one & more." + " word" * 300),
]
DUMP_OF_PAGES = (HEAD + "".join(PAGES) + END).encode()
KINDS = ["", "other_namespace", "redirect", "redirect", "disambiguation_page", "disambiguation_page", "empty", ""]


def streams(*numbers: int) -> bytes:
    """The pages as a multistream dump whose streams begin at these pages."""
    bounds = [0, *numbers, len(PAGES)]
    pieces = ["".join(PAGES[start:stop]) for start, stop in pairwise(bounds)]
    return b"".join(bz2.compress(piece.encode()) for piece in (HEAD, *pieces, END))


def source(path: Path) -> SourceOptions:
    return SourceOptions(format="wikipedia", path=str(path), lang="auto")


def rows_of(task: Task, options: SourceOptions, limits: ReadLimits = LIMITS) -> list[dict[str, Any]]:
    return [row for batch in read_documents(task, options, "wiki", limits) for row in batch.to_pylist()]


def read(path: Path, limits: ReadLimits = LIMITS) -> list[dict[str, Any]]:
    options = source(path)
    return [row for task in plan(list_files("wiki", options)) for row in rows_of(task, options, limits)]


def kinds(rows: list[dict[str, Any]]) -> list[str]:
    return [row["error"] for row in rows]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lambda content: streams(3, 5)])
def test_pages_of_a_dump(tmp_path: Path, pack: Any) -> None:
    (tmp_path / "dump").write_bytes(pack(DUMP_OF_PAGES))
    rows = read(tmp_path / "dump")
    assert kinds(rows) == KINDS
    assert [row["id"] for row in rows] == [f"wiki:{number}" for number in range(1, 9)]
    assert rows[0]["text"] == "서울은 대한민국의 수도이다.&nbsp; 3 < 5"
    assert rows[0]["meta"] == '{"revision":"1001","title":"서울 & 부산"}'


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(data=st.data(), packed=st.booleans())
def test_ranges_together_are_the_dump(tmp_path: Path, data: st.DataObject, packed: bool) -> None:
    starts = sorted(data.draw(st.sets(st.integers(1, 7))))
    content = streams(*starts) if packed else DUMP_OF_PAGES
    (tmp_path / "dump").write_bytes(content)
    options = source(tmp_path / "dump")
    (whole,) = plan(list_files("wiki", options))
    bounds = [0, *sorted(data.draw(st.sets(st.integers(1, len(content) - 1)))), -1]
    parts = [FileRange(str(tmp_path / "dump"), "", start, stop) for start, stop in pairwise(bounds)]
    assert [row for part in parts for row in rows_of(Task("t", (part,), whole.extra), options)] == rows_of(
        whole, options
    )


def test_streams_that_are_cut_anywhere(tmp_path: Path) -> None:
    """As pbzip2 packs: a page goes on in the next stream."""
    content = b"".join(bz2.compress(DUMP_OF_PAGES[at : at + 500]) for at in range(0, len(DUMP_OF_PAGES), 500))
    (tmp_path / "dump").write_bytes(content)
    options = source(tmp_path / "dump")
    (whole,) = plan(list_files("wiki", options))
    found = rows_of(whole, options)
    assert kinds(found) == KINDS
    for size in (97, 1000):
        bounds = [*range(0, len(content), size), -1]
        parts = [FileRange(str(tmp_path / "dump"), "", start, stop) for start, stop in pairwise(bounds)]
        assert [row for part in parts for row in rows_of(Task("t", (part,), whole.extra), options)] == found


def test_a_big_dump_is_many_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dump").write_bytes(streams(*range(1, 8)))
    whole = read(tmp_path / "dump")
    monkeypatch.setattr(planning, "PACKED_RANGE_BYTES", 200)
    assert len(plan(list_files("wiki", source(tmp_path / "dump")))) > 5
    assert read(tmp_path / "dump") == whole


def test_damage_costs_the_pages_that_it_is_in(tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(DUMP_OF_PAGES[: DUMP_OF_PAGES.index(b"<id>6</id>")])
    assert kinds(read(tmp_path / "cut"))[4:] == ["disambiguation_page", "invalid_xml", "truncated_xml"]
    broken = DUMP_OF_PAGES.replace(b"  </page>", b"", 1).replace(b"<id>4</id>", b"").replace("말은".encode(), b"\xff")
    (tmp_path / "broken").write_bytes(broken)
    rows = read(tmp_path / "broken")
    assert kinds(rows) == [
        "invalid_xml",
        "other_namespace",
        "redirect",
        "invalid_xml",
        KINDS[4],
        "invalid_encoding",
        *KINDS[6:],
    ]
    (tmp_path / "large").write_bytes(DUMP_OF_PAGES)
    limits = ReadLimits(max_document_bytes=1500)
    assert kinds(read(tmp_path / "large", limits)) == [*KINDS[:7], "record_too_large"]
    packed = streams(3, 5)
    second = packed.index(b"BZh9", packed.index(b"BZh9", 4) + 4)
    (tmp_path / "corrupt").write_bytes(packed[: second + 20] + bytes(20) + packed[second + 40 :])
    rows = read(tmp_path / "corrupt")
    assert kinds(rows) == [*KINDS[:3], "corrupt_compression", *KINDS[5:]]
    assert rows[3]["position"] == second
    (tmp_path / "short").write_bytes(packed[: second + 30])
    assert kinds(read(tmp_path / "short")) == [*KINDS[:3], "truncated_compression"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"no export", "invalid_xml"),
        (b"<html><body>", "invalid_xml"),
        (bytes(5000), "invalid_xml"),
        (b"BZh91AY&SY" + bytes(50), "corrupt_compression"),
        (b"\x1f\x8b\x08 not gzip", "truncated_compression"),  # its head asks for more than there is
    ],
)
def test_what_is_no_dump(tmp_path: Path, content: bytes, error: str) -> None:
    (tmp_path / "a").write_bytes(content)
    (row,) = read(tmp_path / "a")
    assert row["error"] == error


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    bomb = (
        '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]>' + HEAD + page(1, "a", "&c; x").replace("&amp;c;", "&c;")
    )
    (tmp_path / "a").write_text(bomb + END)
    assert [row["text"] for row in read(tmp_path / "a")] == ["&c; x"]


@needs_data
def test_a_real_dump_as_a_real_parser_reads_it(tmp_path: Path) -> None:
    rows = read(DUMP)
    content = bz2.decompress(DUMP.read_bytes())
    names = {"p": "http://www.mediawiki.org/xml/export-0.10/"}
    pages = ElementTree.fromstring(content).findall("p:page", names)
    assert [row["id"] for row in rows] == [f"wiki:{page.findtext('p:id', '', names)}" for page in pages]
    redirects = [page.find("p:redirect", names) is not None for page in pages]
    assert [row["error"] == "redirect" for row in rows if row["error"] != "other_namespace"] == [
        redirect for redirect, page in zip(redirects, pages, strict=True) if page.findtext("p:ns", "", names) == "0"
    ]
    counts = Counter(kinds(rows))
    assert counts == {"redirect": 99, "": 98, "disambiguation_page": 8, "other_namespace": 1}
    (tmp_path / "cut.bz2").write_bytes(bz2.compress(content)[:1_000_000])
    cut = read(tmp_path / "cut.bz2")
    assert len(cut) > 50
    assert cut[:-1] == [{**row, "file": cut[0]["file"]} for row in rows[: len(cut) - 1]]
    assert cut[-1]["error"] == "truncated_compression"


@needs_data
def test_every_messy_file_ends_in_rows() -> None:
    options = source(SHARED / "[fm]*_*" / "**" / "*")
    listing = list_files("wiki", options)
    rows = [row for task in plan(listing) for row in rows_of(task, options)]
    assert {row["file"] for row in rows} == {file.path for file in listing.files}
    assert {row["error"] for row in rows if row["file"] != str(DUMP)} == {"invalid_xml"}


@needs_data
def test_no_markup_is_left_of_real_articles() -> None:
    left = Counter(
        markup
        for row in read(DUMP)
        for markup in ("{{", "}}", "[[", "]]", "'''", "<ref", "{|", "|}", "Category:", "File:", "==", "|thumb")
        if markup in row["text"]
    )
    assert not left
