"""What every reader gives: records as Arrow batches, each with its text or the rule by which it is quarantined."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# Rules of quarantine, as they stand in the ledger.
EMPTY = "empty"
EMPTY_FILE = "empty_file"
BINARY_FILE = "binary_file"
UNREADABLE_FILE = "unreadable_file"
INVALID_ENCODING = "invalid_encoding"
INVALID_JSON = "invalid_json"
INVALID_PARQUET = "invalid_parquet"
INVALID_ARROW = "invalid_arrow"
INVALID_XML = "invalid_xml"
TRUNCATED_XML = "truncated_xml"
MISSING_TEXT_FIELD = "missing_text_field"
RECORD_TOO_LARGE = "record_too_large"
TRUNCATED_COMPRESSION = "truncated_compression"
CORRUPT_COMPRESSION = "corrupt_compression"
TRAILING_GARBAGE = "trailing_garbage"
DECOMPRESSION_BOMB = "decompression_bomb"
INVALID_WARC = "invalid_warc"
TRUNCATED_RECORD = "truncated_record"
INVALID_HTTP = "invalid_http"
PAGE_TIME_OUT = "page_time_out"
PAGE_CRASH = "page_crash"

# Rules of what can be read and is no text to learn from: it is dropped, and counts towards no budget of errors.
OTHER_NAMESPACE = "other_namespace"
REDIRECT = "redirect"
DISAMBIGUATION_PAGE = "disambiguation_page"
DROPPED_RULES = (OTHER_NAMESPACE, REDIRECT, DISAMBIGUATION_PAGE)

MAXIMUM_ROWS = 1024
CHUNK_BYTES = 1 << 20

_STRINGS = ("id", "file", "position", "text", "meta", "error")

# ``id`` is "" where the record names none; ``position`` is a byte offset or a row number; ``error`` is "" or a rule.
RECORD = pa.schema(
    [pa.field(name, pa.int64() if name == "position" else pa.string(), nullable=False) for name in _STRINGS]
)


@dataclass(frozen=True)
class Part:
    """What one reader reads: a file, or the part of it from ``start`` to ``stop`` (-1: its end).

    The unit of ``start`` and ``stop`` is the format's own: bytes, or row groups. ``file`` is the path to show and
    ``name`` the path below the folder where the glob begins. Readers count in ``skipped``, by what they are, the
    records that are no documents: those get no row.
    """

    path: str
    file: str
    name: str
    start: int
    stop: int
    compression: str
    encoding: str
    skipped: Counter[str] = field(default_factory=Counter, compare=False, repr=False)


class StreamError(Exception):
    """The rest of a file cannot be read: the rule of quarantine, and the position from which nothing was read."""

    def __init__(self, rule: str, position: int = 0) -> None:
        super().__init__(rule)
        self.rule, self.position = rule, position


def error_column(rows: int, rules: Mapping[str, NDArray[np.bool_]]) -> pa.Array:
    """For each row the first rule whose mask holds it, "" where none does."""
    codes = np.zeros(rows, np.int8)
    for code, mask in reversed(list(enumerate(rules.values(), 1))):
        codes[mask] = code
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(["", *rules], pa.string())).dictionary_decode()


def record_batch(
    part: Part,
    positions: NDArray[np.int64],
    texts: pa.Array,
    errors: pa.Array,
    ids: pa.Array | None = None,
    metas: pa.Array | None = None,
) -> pa.RecordBatch:
    """Records of one part."""
    rows = len(positions)
    columns = [
        repeated("", rows) if ids is None else ids,
        repeated(part.file, rows),
        pa.array(positions),
        texts,
        repeated("{}", rows) if metas is None else metas,
        errors,
    ]
    return pa.RecordBatch.from_arrays(columns, schema=RECORD)


def error_record(part: Part, rule: str, position: int, identifier: str = "") -> pa.RecordBatch:
    """One row that says why a file, or the rest of it, was not read."""
    one = np.array([position], np.int64)
    return record_batch(part, one, repeated("", 1), repeated(rule, 1), repeated(identifier, 1))


def repeated(value: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), rows)
