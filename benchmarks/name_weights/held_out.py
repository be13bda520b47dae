"""English text that the weights are not made from, to choose the threshold with."""

from collections.abc import Iterable, Sequence
from dataclasses import fields

import numpy as np
import pyarrow as pa

from benchmarks.name_weights.english_corpus import Piece
from benchmarks.name_weights.english_names import Names
from benchmarks.name_weights.korean_corpus import Labelled
from benchmarks.sentence_weights.corpus import draw
from benchmarks.sentence_weights.learn import Table
from pipelines.core.arrow import string_buffers
from pipelines.privacy.names.finder import find_judged
from pipelines.privacy.names.judging import at_work

THRESHOLDS = (-12, -6, 0, 2, 6, 12, 24, 48, 60)
_BLOCK, _EVERY, _CHOSEN = 200, 7, 3
_NAMES_FOR_TRAINING = 0.8


def divided(sentences: Sequence[list[Piece]]) -> tuple[list[list[Piece]], list[list[Piece]]]:
    """``sentences`` for training, and one of seven blocks of them to choose with."""
    chosen = [index // _BLOCK % _EVERY == _CHOSEN for index in range(len(sentences))]
    pairs = list(zip(sentences, chosen, strict=True))
    return [each for each, held in pairs if not held], [each for each, held in pairs if held]


def divided_names(names: Names) -> tuple[Names, Names]:
    """Names for training, and a fifth of them to choose with."""
    parts = []
    for training in (True, False):
        kept = {}
        for field in fields(Names):
            listed: Sequence[str] = getattr(names, field.name)
            kept[field.name] = [name for name in listed if (draw("name", name) < _NAMES_FOR_TRAINING) == training]
        parts.append(Names(**kept))
    return parts[0], parts[1]


def recall_and_precision(texts: Sequence[Labelled], english: Table, threshold: int) -> tuple[float, float]:
    """Of the names in ``texts`` those that are found, and of the finds those that are names; what is unknown apart."""
    offsets, data = string_buffers(pa.array([each.text for each in texts], pa.large_string()))
    idle = at_work(np.zeros((1, 2), np.uint16))
    spans = find_judged(offsets, data, idle, at_work(english.astype("<u2")), (threshold, threshold))
    names: set[tuple[int, int]] = set()
    unknown = np.zeros(len(data) + 1, np.int64)
    for offset, each in zip(offsets.tolist(), texts, strict=False):
        places = np.cumsum([0, *(len(character.encode()) for character in each.text)]) + offset
        names |= {(int(places[start]), int(places[end])) for start, end in each.names}
        for start, end in each.unknown:
            unknown[places[start] : places[end]] = 1
    before = np.append(0, np.cumsum(unknown))
    found = {(start, end) for _, start, end in spans.tolist() if before[start] == before[end]}
    hits = len(found & names)
    return hits / len(names), hits / max(1, len(found))


def show(title: str, texts: Iterable[Labelled], english: Table) -> None:
    """Print a row for each threshold."""
    kept = list(texts)
    for threshold in THRESHOLDS:
        recall, precision = recall_and_precision(kept, english, threshold)
        print(f"{title:32}{threshold:4}{recall:8.3f}{precision:8.3f}")
