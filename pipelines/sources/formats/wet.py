"""WET files, as Common Crawl gives them: WARC files whose conversion records hold the text of pages."""

from collections.abc import Iterator

import pyarrow as pa

from pipelines.sources.formats.warc import page_of
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import INVALID_ENCODING, RECORD_TOO_LARGE, Part
from pipelines.sources.web.pages import Page, media_type, page_batches
from pipelines.sources.web.warc import part_bytes, read_records

parts = part_bytes


def read(part: Part, source: SourceOptions, limits: ReadLimits) -> Iterator[pa.RecordBatch]:
    """Texts of one part of a WET file, which are UTF-8; other records are counted."""
    yield from page_batches(part, _pages(part, limits.max_document_bytes), limits)


def _pages(part: Part, maximum: int) -> Iterator[Page]:
    for record in read_records(part, maximum):
        kind = record.fields.get("warc-type", "").lower()
        if record.error not in {"", RECORD_TOO_LARGE}:
            yield page_of(record, error=record.error)
        elif kind != "conversion":
            part.skipped["record_warcinfo" if kind == "warcinfo" else "record_of_other_type"] += 1
        elif media_type(record.fields.get("content-type", "text/plain")) != "text/plain":
            part.skipped["media_type"] += 1
        elif record.error:
            yield page_of(record, error=record.error)
        else:
            try:
                yield page_of(record, record.block.decode())
            except UnicodeDecodeError:
                yield page_of(record, error=INVALID_ENCODING)
