"""Pages to records: HTML through the sandbox and the choice of its main text, plain text as it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa

from pipelines.sources.options import ReadLimits
from pipelines.sources.records import MAXIMUM_ROWS, Part, StreamError, record_batch
from pipelines.sources.web.main_text import main_text
from pipelines.sources.web.sandbox import thread_sandbox

_BATCH_BYTES = 1 << 22
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_PLAIN = "text/plain"


@dataclass(frozen=True)
class Page:
    """One page, decoded, or the rule by which it is quarantined."""

    position: int
    identifier: str
    meta: bytes
    text: str = ""
    error: str = ""
    is_html: bool = True


def media_type(content_type: str) -> str:
    """The type without its parameters, lower case."""
    return content_type.partition(";")[0].strip().lower()


def is_html(kind: str) -> bool | None:
    """True for HTML, False for plain text, None for any other media type."""
    return True if kind in _HTML else False if kind == _PLAIN else None


def meta(url: str, date: str) -> bytes:
    """Where and when a page was found, as the ``meta`` of its record."""
    return orjson.dumps({name: value for name, value in (("date", date), ("url", url)) if value})


def page_batches(part: Part, pages: Iterable[Page], limits: ReadLimits) -> Iterator[pa.RecordBatch]:
    """Records of ``pages``, schema RECORD. A page that has no main text is a record with an empty one.

    Where ``pages`` raises StreamError or OSError, the error goes on after the pages before it.
    """
    waiting: list[Page] = []
    size = 0
    damage: StreamError | OSError | None = None
    try:
        for page in pages:
            waiting.append(page)
            size += len(page.text)
            if size >= _BATCH_BYTES or len(waiting) == MAXIMUM_ROWS:
                yield _batch(part, waiting, limits)
                waiting, size = [], 0
    except (StreamError, OSError) as error:
        damage = error
    if waiting:
        yield _batch(part, waiting, limits)
    if damage is not None:
        raise damage


def _batch(part: Part, pages: list[Page], limits: ReadLimits) -> pa.RecordBatch:
    errors, texts = [page.error for page in pages], [page.text for page in pages]
    html = [row for row, page in enumerate(pages) if page.is_html and not page.error]
    if html:
        answers = thread_sandbox(limits.page_seconds).marked_texts([texts[row].encode() for row in html])
        found = main_text(pa.array([marked.decode() for marked, _ in answers], pa.string()))
        for row, text, (_, error) in zip(html, found.to_pylist(), answers, strict=True):
            texts[row], errors[row] = text, error
    positions = np.array([page.position for page in pages], np.int64)
    columns = (texts, errors, [page.identifier for page in pages], [page.meta for page in pages])
    return record_batch(part, positions, *(pa.array(values, pa.string()) for values in columns))
