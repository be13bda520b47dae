"""Finds personal data in Arrow string arrays and puts placeholders in its stead.

A compiled gate passes over the bytes; only the windows that it opens reach the patterns of the kinds.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.errors import MalmoiError
from pipelines.privacy.by_name import add_names
from pipelines.privacy.by_pattern import pattern_spans
from pipelines.privacy.kind import Kind
from pipelines.privacy.known import KINDS
from pipelines.privacy.replacing import PLACEHOLDERS, Replacement, Span, replaced

SPANS = pa.schema(
    [pa.field(name, pa.int64(), nullable=False) for name in ("row", "start", "end")]
    + [pa.field("kind", pa.string(), nullable=False)]
)


def find(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    kinds: tuple[str, ...] | None = None,
    public_names: NDArray[np.uint64] | None = None,
) -> pa.Table:
    """Personal data in ``texts``: row, start, end (code points) and kind, in order of place, never overlapping.

    ``language`` is "ko", "en" or "other"; both languages are always read, it decides what is ambiguous. Where two finds
    overlap the surer stands, then the longer, then the earlier; a name of a person stands where nothing else is found.
    ``kinds`` limits the search; None is every kind. ``public_names`` are keys (``names.name_keys``) of names that stay.
    Raises MalmoiError with the rows that a detector could not finish.
    """
    spans = _finished(*_spans(texts, language, kinds, public_names))
    columns = [[getattr(span, name) for span in spans] for name in ("row", "start", "end")]
    return pa.table([*columns, [span.kind.name for span in spans]], schema=SPANS)


def scrub(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    kinds: tuple[str, ...] | None = None,
    public_names: NDArray[np.uint64] | None = None,
) -> pa.Array:
    """``texts`` with a typed placeholder for each value that ``find`` finds; all other characters are kept.

    Scrubbing the result again changes nothing. Text that holds no personal data is returned as it is, without a copy.
    Raises MalmoiError with the rows that a detector could not finish.
    """
    return scrub_counted(texts, language, kinds, public_names)[0]


def scrub_counted(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    kinds: tuple[str, ...] | None = None,
    public_names: NDArray[np.uint64] | None = None,
) -> tuple[pa.Array, dict[str, int]]:
    """What ``scrub`` returns, and how many values of each kind were replaced."""
    spans = _finished(*_spans(texts, language, kinds, public_names))
    return replaced(texts, spans), _counted(spans)


@dataclass(frozen=True)
class Scrubbed:
    """Texts without personal data, values replaced by kind, and rows that a detector could not finish, with the reason.

    Such a row fails closed: its text is empty, and no value of it is counted. ``dropped`` are rows that hold a value of
    a kind for which the document goes, and the name of the kind.
    """

    texts: pa.Array
    counts: Mapping[str, int]
    unfinished: Mapping[int, str]
    dropped: Mapping[int, str]


def scrub_or_give_up(
    texts: pa.Array,
    language: str,
    kinds: tuple[str, ...] | None = None,
    public_names: NDArray[np.uint64] | None = None,
    replacement: Replacement = PLACEHOLDERS,
) -> Scrubbed:
    """What ``scrub`` returns, but for rows that a detector could not finish, which it empties and names.

    ``replacement`` says what stands in for the values.
    """
    spans, failed = _spans(texts, language, kinds, public_names)
    finished = [span for span in spans if span.row not in failed]
    scrubbed = replaced(texts, finished, replacement)
    if failed:
        lost = np.zeros(len(texts), bool)
        lost[list(failed)] = True
        scrubbed = pc.if_else(pa.array(lost), "", scrubbed)
    dropped = {span.row: span.kind.name for span in reversed(finished) if replacement.action(span.kind) == "drop"}
    return Scrubbed(scrubbed, _counted(finished), failed, dropped)


def _counted(spans: Sequence[Span]) -> dict[str, int]:
    return dict(Counter(span.kind.name for span in spans))


def _finished(spans: list[Span], failed: Mapping[int, str]) -> list[Span]:
    if failed:
        row = min(failed)
        raise MalmoiError(
            f"row {row}{f' and {len(failed) - 1} more' if len(failed) > 1 else ''}: a detector could not finish "
            f"({failed[row]}); what is personal in there is not known, so leave the text out"
        )
    return spans


def _spans(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    names: tuple[str, ...] | None,
    public_names: NDArray[np.uint64] | None,
) -> tuple[list[Span], dict[int, str]]:
    """All finds, and for each row that a detector could not finish what kept it from that."""
    if language not in ("ko", "en", "other"):
        raise MalmoiError(f"language {language!r}: use ko, en or other")
    kinds = _chosen(names)
    by_pattern = tuple(kind for kind in kinds if kind.patterns)
    spans, failed = pattern_spans(texts, language, by_pattern)
    for kind in kinds:
        if not kind.patterns:
            add_names(texts, language, kind, by_pattern, public_names, spans, failed)
    return spans, failed


def _chosen(names: tuple[str, ...] | None) -> tuple[Kind, ...]:
    known = {kind.name: kind for kind in KINDS}
    unknown = sorted(set(names or ()) - known.keys())
    if unknown:
        raise MalmoiError(f"no such kind of personal data: {', '.join(unknown)}; there are {', '.join(known)}")
    return KINDS if names is None else tuple(kind for kind in KINDS if kind.name in names)
