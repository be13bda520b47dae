"""Articles of a Wikipedia dump as plain text beside gensim and mwparserfromhell, one process each.

Speed is megabytes of UTF-8 wikitext, or of XML, per second of processor time, the median of the runs after the first.
``left`` is the share of articles in which some markup is left: braces or brackets of templates and links, tables, tags
of references, formatting. The others are measured where they are installed (pip install gensim mwparserfromhell).

    python -m benchmarks.wikipedia [path of the data folder]
"""

import bz2
import re
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa

from benchmarks.clean_text import median_seconds
from benchmarks.machine import machine_name
from pipelines.sources.formats import wikipedia
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import Part
from pipelines.sources.wiki.wikitext import wikitext_to_text
from pipelines.text.markup import strip_markup

DUMP = "messy_wiki_xml/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
REPEATS, REFERENCE_REPEATS = 7, 3
MARKUP = re.compile(r"\{\{|\}\}|\[\[|\]\]|'''|\{\||<ref|^\||\[\[(File|Category):", re.MULTILINE)
NAMESPACE = {"p": "http://www.mediawiki.org/xml/export-0.10/"}
Convert = Callable[[list[str]], list[str]]


def articles(content: bytes) -> list[str]:
    """Wikitext of the articles of an export that are no redirects."""
    pages = ElementTree.fromstring(content).findall("p:page", NAMESPACE)
    found = [page for page in pages if page.findtext("p:ns", "", NAMESPACE) == "0"]
    kept = [page for page in found if page.find("p:redirect", NAMESPACE) is None]
    return [page.findtext("p:revision/p:text", "", NAMESPACE) for page in kept]


def ours(texts: list[str]) -> list[str]:
    converted: list[str] = strip_markup(wikitext_to_text(pa.array(texts))[0]).to_pylist()
    return converted


def others() -> dict[str, Convert]:
    """The libraries that are installed."""
    found: dict[str, Convert] = {}
    if find_spec("gensim"):
        filter_wiki = import_module("gensim.corpora.wikicorpus").filter_wiki
        found["gensim filter_wiki"] = lambda texts: [filter_wiki(text) for text in texts]
    if find_spec("mwparserfromhell"):
        parse = import_module("mwparserfromhell").parse
        found["mwparserfromhell strip_code"] = lambda texts: [str(parse(text).strip_code()) for text in texts]
    return found


def report(name: str, convert: Convert, texts: list[str], repeats: int) -> float:
    """Print and return megabytes per second."""
    speed = sum(len(text.encode()) for text in texts) / 1e6 / median_seconds(lambda: convert(texts), repeats)
    left = sum(bool(MARKUP.search(text)) for text in convert(texts)) / len(texts)
    print(f"  {name:30} {speed:8.2f} MB/s, markup left in {left:.0%} of articles")
    return speed


def read_dump(path: Path) -> int:
    """All rows of a dump, as the clean stage reads them."""
    part = Part(str(path), path.name, path.name, 0, -1, "bz2" if path.suffix == ".bz2" else "none", "")
    options = SourceOptions(format="wikipedia", path=str(path), lang="auto")
    return sum(batch.num_rows for batch in wikipedia.read(part, options, ReadLimits(max_document_bytes=10_000_000)))


def read_dump_by_gensim(path: Path) -> int:
    module = import_module("gensim.corpora.wikicorpus")
    with bz2.open(path) as file:
        return sum(len(module.filter_wiki(text)) > 0 for _, text, _ in module.extract_pages(file, ("0",)))


def main() -> None:
    """Print one line for each library."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data") / DUMP
    print(machine_name())
    content = bz2.decompress(path.read_bytes())
    texts = articles(content)
    print(f"wikitext of {len(texts)} articles, {sum(len(text.encode()) for text in texts) / 1e6:.1f} MB, to text:")
    speed = report("malmoi", ours, texts, REPEATS)
    for name, convert in others().items():
        print(f"  {speed / report(name, convert, texts, REFERENCE_REPEATS):.0f} times as fast as {name}")
    print(f"the dump, {len(content) / 1e6:.1f} MB of XML, packed as one bzip2 stream:")
    runs = {"bzip2 alone": lambda: bz2.decompress(path.read_bytes()), "malmoi": lambda: read_dump(path)}
    if find_spec("gensim"):
        runs["gensim extract_pages"] = lambda: read_dump_by_gensim(path)
    for name, run in runs.items():
        print(f"  {name:30} {len(content) / 1e6 / median_seconds(run, REFERENCE_REPEATS):8.2f} MB/s")


if __name__ == "__main__":
    main()
