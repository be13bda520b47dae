"""Finds personal data in Arrow string arrays and puts placeholders in its stead.

A compiled gate passes over the bytes; only the windows that it opens reach the patterns of the kinds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.errors import MalmoiError
from pipelines.privacy.by_name import KnownNames, with_names
from pipelines.privacy.by_pattern import pattern_spans
from pipelines.privacy.kind import Kind
from pipelines.privacy.known import KINDS
from pipelines.privacy.replacing import PLACEHOLDERS, Replacement, replaced
from pipelines.privacy.spans import END, KIND, ROW, START

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
    spans, chosen = _finished(texts, language, kinds, public_names)
    names = pa.array([kind.name for kind in chosen], pa.string()).take(pa.array(spans[:, KIND]))
    return pa.table([*(pa.array(spans[:, column]) for column in (ROW, START, END)), names], schema=SPANS)


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
    spans, chosen = _finished(texts, language, kinds, public_names)
    return replaced(texts, spans, chosen), _counted(spans, chosen)


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
    known: KnownNames | None = None,
) -> Scrubbed:
    """What ``scrub`` returns, but for rows that a detector could not finish, which it empties and names.

    ``replacement`` says what stands in for the values. Names that are ``known`` are not looked for.
    """
    spans, chosen, failed = _spans(texts, language, kinds, public_names, known)
    finished = spans[~np.isin(spans[:, ROW], list(failed))] if failed else spans
    scrubbed = replaced(texts, finished, chosen, replacement)
    if failed:
        lost = np.zeros(len(texts), bool)
        lost[list(failed)] = True
        scrubbed = pc.if_else(pa.array(lost), "", scrubbed)
    drops = np.array([replacement.action(kind) == "drop" for kind in chosen], bool)
    rows, first = np.unique(finished[drops[finished[:, KIND]], ROW], return_index=True)
    told = finished[drops[finished[:, KIND]], KIND][first]
    dropped = {row: chosen[kind].name for row, kind in zip(rows.tolist(), told.tolist(), strict=True)}
    return Scrubbed(scrubbed, _counted(finished, chosen), failed, dropped)


def _counted(spans: NDArray[np.int64], kinds: Sequence[Kind]) -> dict[str, int]:
    counts = np.bincount(spans[:, KIND], minlength=len(kinds)).tolist()
    return {kind.name: count for kind, count in zip(kinds, counts, strict=True) if count}


def _finished(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    names: tuple[str, ...] | None,
    public_names: NDArray[np.uint64] | None,
) -> tuple[NDArray[np.int64], tuple[Kind, ...]]:
    """What `_spans` gives where every row was finished; raises MalmoiError with those that were not."""
    spans, kinds, failed = _spans(texts, language, names, public_names)
    if failed:
        row = min(failed)
        raise MalmoiError(
            f"row {row}{f' and {len(failed) - 1} more' if len(failed) > 1 else ''}: a detector could not finish "
            f"({failed[row]}); what is personal in there is not known, so leave the text out"
        )
    return spans, kinds


def _spans(
    texts: pa.Array | pa.ChunkedArray,
    language: str,
    names: tuple[str, ...] | None,
    public_names: NDArray[np.uint64] | None,
    known: KnownNames | None = None,
) -> tuple[NDArray[np.int64], tuple[Kind, ...], dict[int, str]]:
    """Spans of all finds, the kinds by whose numbers they tell theirs, and rows that a detector could not finish, each
    with what kept it from that."""
    if language not in ("ko", "en", "other"):
        raise MalmoiError(f"language {language!r}: use ko, en or other")
    kinds = _chosen(names)
    by_pattern = tuple(kind for kind in kinds if kind.patterns)
    kinds = (*by_pattern, *(kind for kind in kinds if not kind.patterns))
    spans, failed = pattern_spans(texts, language, by_pattern)
    for number in range(len(by_pattern), len(kinds)):
        spans = with_names(texts, language, kinds, number, public_names, spans, failed, known)
    return spans, kinds, failed


def _chosen(names: tuple[str, ...] | None) -> tuple[Kind, ...]:
    known = {kind.name: kind for kind in KINDS}
    unknown = sorted(set(names or ()) - known.keys())
    if unknown:
        raise MalmoiError(f"no such kind of personal data: {', '.join(unknown)}; there are {', '.join(known)}")
    return KINDS if names is None else tuple(kind for kind in KINDS if kind.name in names)
