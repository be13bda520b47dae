"""What share of planted personal data is found, by kind and by disguise: the audit of the detectors, before any model.

Values are planted in invented sentences (``disguises``), which may be lines of documents of the corpus (``hosts``). A
value counts as removed when all its letters and digits lie within what is found,
whatever that is taken for: what a reader could still see of it is what leaks.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipelines.privacy.detect import find
from pipelines.privacy.disguises import DISGUISES, Planted, plant
from pipelines.privacy.hosts import LANGUAGES
from pipelines.privacy.known import KINDS

_Z = 1.959964  # of 95 %, two-sided

Span = tuple[int, int, str]


def planted_values(seed: int, values: int, names: tuple[str, ...] | None = None) -> list[Planted]:
    """``values`` for each kind and each disguise that suits it, in invented sentences.

    ``names``: the kinds that are scrubbed; None is every one.
    """
    return list(plant(seed, [kind for kind in KINDS if names is None or kind.name in names], DISGUISES, values))


def measure_recall(planted: Sequence[Planted], names: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Shares of planted values that are removed, with lower bounds.

    ``names``: the kinds that are scrubbed; None is every one. ``all``, ``kinds`` and ``disguises`` hold values, those
    removed, the share and the lower end of its 95 % interval. ``other_finds_per_100_kB`` counts finds that touch no
    planted value: false ones in invented sentences, while the text of a corpus may hold personal data of its own.
    """
    groups: dict[str, dict[str, list[bool]]] = {"kinds": defaultdict(list), "disguises": defaultdict(list)}
    others = size = 0
    for each, spans in zip(planted, _found(planted, names), strict=True):
        hit = is_removed(each, spans)
        groups["kinds"][each.kind].append(hit)
        groups["disguises"][each.disguise].append(hit)
        others += sum(end <= each.start or start >= each.end for start, end, _ in spans)
        size += len(each.text.encode())
    everything = [hit for hits in groups["kinds"].values() for hit in hits]
    shares = {group: {name: _share(hits) for name, hits in found.items()} for group, found in groups.items()}
    return {"all": _share(everything), "other_finds_per_100_kB": round(1e5 * others / max(1, size), 3), **shares}


def is_removed(planted: Planted, spans: Iterable[Span]) -> bool:
    """Whether finds (start, end, kind) cover every letter and digit of a planted value."""
    covered = {place for start, end, _ in spans for place in range(start, end)}
    return all(place in covered for place in range(planted.start, planted.end) if planted.text[place].isalnum())


def wilson_lower(hits: int, total: int) -> float:
    """Lower end of the 95 % interval of a share (E. B. Wilson, 1927)."""
    share = hits / total
    middle = share + _Z * _Z / (2 * total)
    margin = _Z * math.sqrt(share * (1 - share) / total + _Z * _Z / (4 * total * total))
    return max(0.0, (middle - margin) / (1 + _Z * _Z / total))


def _found(planted: Sequence[Planted], names: tuple[str, ...] | None) -> list[list[Span]]:
    """What is found in each planted sentence, read as its language."""
    spans: list[list[Span]] = [[] for _ in planted]
    for language in LANGUAGES:
        rows = [row for row, each in enumerate(planted) if each.language == language]
        texts = pa.array([planted[row].text for row in rows], pa.string())
        for span in find(texts, language, names).to_pylist():
            spans[rows[span["row"]]].append((span["start"], span["end"], span["kind"]))
    return spans


def _share(hits: Sequence[bool]) -> Mapping[str, float]:
    removed, total = sum(hits), len(hits)
    share = (
        {"recall": round(removed / total, 6), "recall_lower": round(wilson_lower(removed, total), 6)} if total else {}
    )
    return {"values": total, "removed": removed, **share}
