"""WARC files: the pages among their records, as main text."""

from collections.abc import Iterator

import pyarrow as pa

from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import RECORD_TOO_LARGE, Part, StreamError
from pipelines.sources.web import http
from pipelines.sources.web.charset import decode_page
from pipelines.sources.web.pages import Page, is_html, media_type, meta, page_batches
from pipelines.sources.web.warc import MAXIMUM_HEAD, Record, part_bytes, read_records

parts = part_bytes
_WITH_PAGES = frozenset({"response", "resource"})
_OTHERS = frozenset({"warcinfo", "request", "metadata", "revisit", "conversion", "continuation"})


def read(part: Part, source: SourceOptions, limits: ReadLimits) -> Iterator[pa.RecordBatch]:
    """Pages of one part of a WARC file; what cannot be read of it is quarantined, other records are counted."""
    yield from page_batches(part, _pages(part, limits.max_document_bytes), limits)


def _pages(part: Part, maximum: int) -> Iterator[Page]:
    for record in read_records(part, maximum + MAXIMUM_HEAD):
        kind = record.fields.get("warc-type", "").lower()
        if record.error not in {"", RECORD_TOO_LARGE}:
            yield page_of(record, error=record.error)
        elif kind not in _WITH_PAGES:
            part.skipped[f"record_{kind if kind in _OTHERS else 'of_other_type'}"] += 1
        else:
            page, reason = _page(record, kind, maximum)
            if page is not None:
                yield page
            else:
                part.skipped[reason] += 1


def _page(record: Record, kind: str, maximum: int) -> tuple[Page | None, str]:
    """The page of a record, or why it has none."""
    content_type = record.fields.get("content-type", "")
    try:
        if kind == "response":
            if media_type(content_type) != "application/http":
                return None, "media_type"
            response = http.parse_response(record.block)
            if not 200 <= response.status < 300:
                return None, "http_status"
            content_type = response.fields.get("content-type", "")
        elif record.fields.get("warc-target-uri", "").strip("<>").startswith("metadata:"):
            return None, "record_metadata"  # how wget files its own log
        html = is_html(media_type(content_type or "text/html"))
        if html is None:
            return None, "media_type"
        if record.error:
            return page_of(record, error=record.error), ""
        body = http.content(response, maximum) if kind == "response" else record.block
        if len(body) > maximum:
            raise StreamError(RECORD_TOO_LARGE)
        return page_of(record, decode_page(body, content_type), is_html=html), ""
    except StreamError as error:
        return page_of(record, error=error.rule), ""


def page_of(record: Record, text: str = "", error: str = "", is_html: bool = False) -> Page:
    """A page under the identifier of its record, or else its address."""
    fields = record.fields
    url = fields.get("warc-target-uri", "").strip("<>")
    identifier = fields.get("warc-record-id", "").strip("<>") or url
    return Page(record.position, identifier, meta(url, fields.get("warc-date", "")), text, error, is_html)
