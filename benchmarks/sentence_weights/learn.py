"""Weights of the classifier of Korean sentence ends, from documents whose sentences are known."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.sentence_weights.corpus import Document
from pipelines.core.arrow import string_buffers
from pipelines.core.kernel import kernel
from pipelines.text import boundaries, endings
from pipelines.text.endings import Lesson
from pipelines.text.sentences import tables

_SPACED = re.compile(r"([가-힣])(?= )")
Table = NDArray[np.uint16]
"""What `hashed_weights.score` reads: rows of two entries."""


def candidates(documents: Sequence[Document], minimum_count: int, minimum_share: float) -> NDArray[np.bool_]:
    """Which syllables end a sentence without a mark often enough to be looked at."""
    seen: Counter[str] = Counter()
    ending: Counter[str] = Counter()
    for document in documents:
        seen.update(_SPACED.findall("".join(document)))
        ending.update(sentence[-2] for sentence in document[:-1] if _SPACED.match(sentence[-2:]))
    chosen = np.zeros(endings.SYLLABLES, np.bool_)
    for syllable, count in ending.items():
        chosen[ord(syllable) - 0xAC00] = count >= minimum_count and count >= minimum_share * seen[syllable]
    return chosen


def examples(
    documents: Sequence[Document], chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """Of each space that is the classifier's: hashed features (examples, FEATURES), whether a sentence ends, document.

    ``chosen`` says which syllables are candidates.
    """
    texts = pa.array(["".join(document) for document in documents], pa.large_string())
    offsets, data = string_buffers(texts)
    labels = np.zeros(len(data) + 1, np.uint8)
    for offset, document in zip(offsets, documents, strict=False):
        position = int(offset)
        for sentence in document[:-1]:
            position += len(sentence.encode())
            labels[position] = 1
    room = int((data == 0x20).sum())
    lesson = Lesson(
        labels,
        np.zeros((room, endings.FEATURES), np.int64),
        np.zeros(room, np.uint8),
        np.zeros(room, np.int64),
        np.zeros(1, np.int64),
    )
    ends = np.empty(len(data) // 2 + len(offsets), np.int64)
    stops = np.zeros(len(offsets), np.int64)
    languages = np.full(len(documents), boundaries.KOREAN, np.uint8)
    boundaries.find_ends(data, offsets, languages, tables()._replace(candidates=chosen), ends, stops, lesson)
    used = int(lesson.used[0])
    rows = np.searchsorted(offsets, lesson.places[:used], "right") - 1
    return lesson.features[:used], lesson.answers[:used], rows


def common(
    features: NDArray[np.int64], rows: NDArray[np.int64], minimum: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Features of ``minimum`` documents or more, sorted, and ``features`` as places in them, -1 for the others."""
    kept = []
    for template in range(features.shape[1]):
        order = np.lexsort((rows, features[:, template]))
        values, places = features[order, template], rows[order]
        fresh = np.append(True, (values[1:] != values[:-1]) | (places[1:] != places[:-1]))
        found, counts = np.unique(values[fresh], return_counts=True)
        kept.append(found[counts >= minimum])
    names = np.unique(np.concatenate(kept))
    return names, places_of(features, names)


def places_of(features: NDArray[np.int64], names: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each feature stands in ``names``, which are sorted; -1 where it does not."""
    places = np.minimum(np.searchsorted(names, features), len(names) - 1)
    return np.where(names[places] == features, places, -1)


def table(names: NDArray[np.int64], weights: NDArray[np.float64], rows: int) -> tuple[Table, NDArray[np.bool_]]:
    """The table that `hashed_weights.score` reads, and which features found room; the heavier go first."""
    values = np.clip(np.rint(weights * endings.SCALE), -127, 127).astype(np.int64)
    filled = np.zeros((rows, 2), np.uint16)
    used = np.zeros(rows, np.int64)
    placed = np.zeros(len(names), np.bool_)
    for index in np.argsort(-np.abs(values), kind="stable"):
        row = names[index] & (rows - 1)
        if values[index] and used[row] < 2:
            filled[row, used[row]] = ((names[index] >> 56) & 0xFF) << 8 | values[index] & 0xFF
            used[row] += 1
            placed[index] = True
    return filled, placed


@kernel
def _shrunk(total: Any, square: Any, rate: Any, lasso: Any, ridge: Any) -> Any:
    if abs(total) <= lasso:
        return 0.0
    return -(total - (lasso if total > 0 else -lasso)) / ((1.0 + np.sqrt(square)) / rate + ridge)


@kernel
def _passes(places: Any, answers: Any, orders: Any, rate: Any, lasso: Any, ridge: Any, weights: Any) -> None:
    sums, squares = np.zeros(len(weights)), np.zeros(len(weights))
    own = np.zeros(places.shape[1])
    for turn in range(orders.shape[0]):
        for example in orders[turn]:
            total = 0.0
            for template in range(places.shape[1]):
                place = places[example, template]
                own[template] = _shrunk(sums[place], squares[place], rate, lasso, ridge) if place >= 0 else 0.0
                total += own[template]
            error = 1.0 / (1.0 + np.exp(-min(max(total, -30.0), 30.0))) - answers[example]
            for template in range(places.shape[1]):
                place = places[example, template]
                if place >= 0:
                    before = np.sqrt(squares[place])
                    squares[place] += error * error
                    sums[place] += error - (np.sqrt(squares[place]) - before) / rate * own[template]
    for place in range(len(weights)):
        weights[place] = _shrunk(sums[place], squares[place], rate, lasso, ridge)


def fit(
    places: NDArray[np.int64],
    answers: NDArray[np.uint8],
    features: int,
    *,
    turns: int,
    rate: float,
    lasso: float,
    ridge: float,
) -> NDArray[np.float64]:
    """Weights of logistic regression by FTRL-Proximal (McMahan and others 2013): ``turns`` passes over the examples.

    ``lasso`` makes most weights zero. The order of the examples is drawn from fixed seeds.
    """
    orders = np.stack([np.random.default_rng(turn).permutation(len(places)) for turn in range(turns)])
    weights = np.zeros(features)
    _passes(places, answers, orders, rate, lasso, ridge, weights)
    return weights
