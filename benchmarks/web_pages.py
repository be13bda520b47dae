"""Main text of web pages: words kept and furniture left, and speed, beside other extractors where they are installed.

The pages are the 22 of a real crawl (messy_warc). Which of their lines are furniture (menus, contact links, footers,
forms) was marked by hand, by the numbers of the lines that the parser gives for the whole page; all else is main text
but for the lines of tags and dates that META matches, which count neither way. Precision, recall and F1 are over words,
the mean of the pages. The thresholds of ours were chosen on these pages. Speed is megabytes of HTML per second of
processor time, the median of the runs after the first; ``archive`` is the whole source: unpack, parse, decode, extract,
in batches, by the clock, since it is two processes.

    python -m benchmarks.web_pages [path of the data folder]
"""

import importlib
import importlib.util
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import pyarrow as pa
from resiliparse.extract.html2text import extract_plain_text

from benchmarks.clean_text import median_seconds
from benchmarks.machine import machine_name
from pipelines.core.fingerprint import file_digest
from pipelines.core.tasks import FileRange, Task
from pipelines.sources.formats.warc import parts
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.reading import read_documents
from pipelines.sources.records import Part
from pipelines.sources.web.charset import decode_page
from pipelines.sources.web.extractor import marked_text
from pipelines.sources.web.http import content, parse_response
from pipelines.sources.web.main_text import main_text
from pipelines.sources.web.warc import read_records

Extractor = Callable[[list[str]], list[str]]

# For each page, in the order of the archive, the first and last line of each run of furniture.
FURNITURE: tuple[tuple[tuple[int, int], ...], ...] = (
    ((0, 13), (179, 219)),
    ((0, 27), (36, 41), (45, 68)),
    ((1, 1), (20, 26)),
    ((0, 1),),
    ((0, 1),),
    ((0, 3), (19, 19)),
    ((0, 4), (37, 37)),
    ((7, 9), (162, 163)),
    *(((0, 6),),) * 6,
    ((0, 2), (32, 32)),
    (),
    ((0, 10),),
    ((0, 10),),
    ((1, 4),),
    ((0, 4),),
    ((1, 1), (36, 40)),
    ((1, 1), (298, 331)),
)
META = re.compile(r"\w{3} \d+(?:st|nd|rd|th), \d{4} - |Author \S+Posted on ")
WORD = re.compile(r"\w+")
ARCHIVE_COPIES = 40


def by_malmoi(pages: list[str]) -> list[str]:
    texts: list[str] = main_text(pa.array([marked_text(page) for page in pages])).to_pylist()
    return texts


def by_resiliparse(pages: list[str], whole: bool = False) -> list[str]:
    extract = partial(extract_plain_text, preserve_formatting=True, list_bullets=False, alt_texts=False)
    return [extract(page, main_content=not whole) for page in pages]


def by_trafilatura(pages: list[str], **options: bool) -> list[str]:
    extract = importlib.import_module("trafilatura").extract
    return [extract(page, **options) or "" for page in pages]


def by_justext(pages: list[str]) -> list[str]:
    justext = importlib.import_module("justext")
    stop_words = justext.get_stoplist("English")
    return [
        "\n".join(found.text for found in justext.justext(page, stop_words) if not found.is_boilerplate)
        for page in pages
    ]


def pages_of(archive: Path) -> list[str]:
    """The pages of a WARC file, decoded."""
    pages = []
    for record in read_records(Part(str(archive), "", "", 0, -1, "gz", ""), 1 << 24):
        if record.fields.get("warc-type") == "response":
            response = parse_response(record.block)
            pages.append(decode_page(content(response, 1 << 24), response.fields.get("content-type", "")))
    return pages


def words(lines: list[str]) -> Counter[str]:
    return Counter(word for line in lines for word in WORD.findall(line.lower()))


def gold(page: str, furniture: tuple[tuple[int, int], ...]) -> tuple[Counter[str], Counter[str]]:
    """Words of the main text, and words that count neither way."""
    lines = [line.strip() for line in by_resiliparse([page], whole=True)[0].split("\n") if line.strip()]
    dropped = {line for first, last in furniture for line in range(first, last + 1)}
    main = [line for number, line in enumerate(lines) if number not in dropped and not META.match(line)]
    return words(main), words([line for line in lines if META.match(line)])


def scores(pages: list[str], extract: Extractor) -> tuple[float, float, float]:
    """Precision, recall and F1 over words, the mean of the pages."""
    total = [0.0, 0.0, 0.0]
    for page, furniture, text in zip(pages, FURNITURE, extract(pages), strict=True):
        main, neutral = gold(page, furniture)
        found = words([text])
        right = (found & main).total()
        precision = right / max(1, right + (found - main - neutral).total())
        recall = right / max(1, main.total())
        both = precision + recall
        for index, value in enumerate((precision, recall, 2 * precision * recall / both if both else 0.0)):
            total[index] += value / len(pages)
    return total[0], total[1], total[2]


def archive_seconds(archive: Path) -> tuple[float, float]:
    """Megabytes of HTML and seconds by the clock to read them from one file of many copies of ``archive``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "crawl.warc.gz"
        path.write_bytes(archive.read_bytes() * ARCHIVE_COPIES)
        source = SourceOptions(format="warc", path=str(path), lang="auto")
        file = {"file": "", "name": "crawl.warc.gz", "compression": "gz", "encoding": "", "error": ""}
        task = Task("0", (FileRange(str(path), file_digest(path)),), {"files": [file]})
        limits = ReadLimits(max_document_bytes=10_000_000, page_seconds=30)
        seconds = []
        for _ in range(4):
            start = time.perf_counter()
            rows = sum(batch.num_rows for batch in read_documents(task, source, "web", limits))
            seconds.append(time.perf_counter() - start)
        if rows != ARCHIVE_COPIES * len(FURNITURE):
            raise RuntimeError(f"{rows} pages of {ARCHIVE_COPIES * len(FURNITURE)}")
        start = time.perf_counter()
        parts(str(path), "gz")
        packed = path.stat().st_size / 1e6 / (time.perf_counter() - start)
        print(f"{'finding where to cut it':26}{packed:40.1f} packed")
        return ARCHIVE_COPIES * sum(len(page.encode()) for page in pages_of(archive)) / 1e6, median(seconds[1:])


def main(folder: Path) -> None:
    print(machine_name())
    archive = folder / "messy_warc" / "sample-0000.warc.gz"
    pages = pages_of(archive)
    extractors: dict[str, Extractor] = {
        "malmoi": by_malmoi,
        "resiliparse main_content": by_resiliparse,
        "all text": partial(by_resiliparse, whole=True),
    }
    if importlib.util.find_spec("trafilatura"):
        extractors["trafilatura"] = by_trafilatura
        extractors["trafilatura favor_recall"] = partial(by_trafilatura, favor_recall=True)
    if importlib.util.find_spec("justext"):
        extractors["justext"] = by_justext
    megabytes = sum(len(page.encode()) for page in pages) / 1e6
    print(f"\n{len(pages)} pages, {megabytes:.2f} MB\n{'':26}{'precision':>10}{'recall':>10}{'F1':>10}{'MB/s':>10}")
    for name, extract in extractors.items():
        speed = megabytes / median_seconds(partial(extract, pages))
        print(f"{name:26}" + "".join(f"{score:10.3f}" for score in scores(pages, extract)) + f"{speed:10.1f}")
    marked = pa.array([marked_text(page) for page in pages])
    print(f"{'  of it, choice of lines':26}{megabytes / median_seconds(partial(main_text, marked)):40.1f}")
    size, seconds = archive_seconds(archive)
    print(f"{'archive':26}{size / seconds:40.1f}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
