"""HTML files: one page to a file, as main text."""

from collections.abc import Iterator

import pyarrow as pa

from pipelines.sources.compression import decompressed
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import RECORD_TOO_LARGE, Part, StreamError
from pipelines.sources.storage import open_file
from pipelines.sources.streams import raw_chunks
from pipelines.sources.web.charset import decode_page
from pipelines.sources.web.pages import Page, page_batches


def read(part: Part, source: SourceOptions, limits: ReadLimits) -> Iterator[pa.RecordBatch]:
    """The page that a file is; one over the limit is quarantined."""
    page = Page(0, part.name, b"{}", decode_page(_content(part, limits.max_document_bytes)))
    yield from page_batches(part, [page], limits)


def _content(part: Part, maximum: int) -> bytes:
    content = bytearray()
    with open_file(part.path) as file:
        for chunk in decompressed(raw_chunks(file), part.compression):
            content += chunk
            if len(content) > maximum:
                raise StreamError(RECORD_TOO_LARGE)
    return bytes(content)
