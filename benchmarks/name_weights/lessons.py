"""From labelled texts to the table of weights that the finder of names reads."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.name_weights.korean_corpus import Labelled
from benchmarks.sentence_weights import learn
from pipelines.core.arrow import string_buffers
from pipelines.privacy.names.finder import find_judged
from pipelines.privacy.names.judging import FEATURES, NEVER, Judge, at_work

_OF_A_WHOLE_NAME = (0, 1)
"""Features that hold a whole name may only speak against it, so that the weights know nobody by name."""
_MINIMUM_TEXTS = 6


def examples(texts: Sequence[Labelled], korean: bool) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """Of each candidate in ``texts``: hashed features (candidates, FEATURES), whether it is a name, number of its text.

    Candidates that overlap what is unknown are left out.
    """
    offsets, data = string_buffers(pa.array([each.text for each in texts], pa.large_string()))
    names = np.zeros((0, 2), np.int64)
    starts, ends, unknown = (np.zeros(len(data) + 1, np.uint8) for _ in range(3))
    inside = np.zeros(len(data) + 1, np.uint8)
    for offset, each in zip(offsets.tolist(), texts, strict=False):
        places = np.cumsum([0, *(len(character.encode()) for character in each.text)]) + offset
        for start, end in each.names:
            starts[places[start]] = ends[places[end]] = 1
            inside[places[start] : places[end]] = 1
        for start, end in each.unknown:
            unknown[places[start] : places[end]] = 1
    room = len(data) // 2 + 1
    judge = Judge(
        np.zeros((1, 2), np.uint16),
        inside,
        np.zeros((room, FEATURES), np.int64),
        np.zeros((room, 2), np.int64),
        np.zeros(1, np.int64),
    )
    idle = at_work(np.zeros((1, 2), np.uint16))
    find_judged(offsets, data, judge if korean else idle, idle if korean else judge, (NEVER, NEVER))
    used = int(judge.used[0])
    features, names = judge.features[:used], judge.places[:used]
    if korean:
        answers = starts[names[:, 0]] & ends[names[:, 1]]
    else:
        answers = inside[names[:, 0]]
    before = np.append(0, np.cumsum(unknown))
    known = (before[names[:, 1]] == before[names[:, 0]]) | (answers == 1)
    rows = np.searchsorted(offsets, names[:, 0], "right") - 1
    return features[known], answers[known], rows[known]


def train(features: NDArray[np.int64], answers: NDArray[np.uint8], rows: NDArray[np.int64], size: int) -> learn.Table:
    """Table of ``size`` rows of weights; see `benchmarks.sentence_weights`."""
    places_of_names = np.unique(features[:, _OF_A_WHOLE_NAME])
    names, places = learn.common(features, rows, _MINIMUM_TEXTS)
    weights = learn.fit(places, answers, len(names), turns=3, rate=0.15, lasso=1.5, ridge=0.3)
    names = names[~(np.isin(names, places_of_names) & (weights > 0))]
    places = learn.places_of(features, names)
    weights = learn.fit(places, answers, len(names), turns=3, rate=0.15, lasso=1.5, ridge=0.3)
    names = names[learn.table(names, weights, size)[1]]
    places = learn.places_of(features, names)
    weights = learn.fit(places, answers, len(names), turns=3, rate=0.15, lasso=0.5, ridge=0.3)
    weights[np.isin(names, places_of_names) & (weights > 0)] = 0.0
    return learn.table(names, weights, size)[0]
