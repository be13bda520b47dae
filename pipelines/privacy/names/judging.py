"""What judges candidates for names: weights of hashed features, or a lesson that notes the features instead."""

from typing import Any, NamedTuple

import numpy as np

from pipelines.core.hashed_weights import score
from pipelines.core.kernel import kernel
from pipelines.core.kernels import mix

FEATURES = 24
"""Most features that a candidate has."""
_APART = np.uint64(0xD6E8FEB86659FD93)
NEVER = 1 << 20
"""A score that nothing reaches."""


class Judge(NamedTuple):
    """Weights as `pipelines.core.hashed_weights.score` reads them, and what a lesson fills; that is empty at work.

    ``labels`` has for each byte whether it belongs to a name. ``features`` (candidates, FEATURES), ``places`` (bytes:
    candidates, 2) and ``used`` (one number) take the candidates, of which then none is found.
    """

    weights: Any
    labels: Any
    features: Any
    places: Any
    used: Any


def at_work(weights: Any) -> Judge:
    """A judge that only judges."""
    none = np.zeros((0, FEATURES), np.int64)
    return Judge(weights, np.zeros(0, np.uint8), none, np.zeros((0, 2), np.int64), np.zeros(1, np.int64))


@kernel
def spread(values: Any, first: Any, stop: Any, features: Any) -> None:
    """Hash ``values[first:stop]`` (uint64) to ``features`` (int64), each apart from the same value in another place."""
    for place in range(first, stop):
        features[place] = np.int64(mix(values[place] + np.uint64(place + 1) * _APART))


@kernel
def hopeless(count: Any, features: Any, judge: Judge, least: Any) -> Any:
    """Whether the first ``count`` features alone speak so much against a candidate; never in a lesson."""
    return len(judge.features) == 0 and score(features, 0, count, judge.weights) < least


@kernel
def judged(start: Any, end: Any, count: Any, features: Any, judge: Judge) -> Any:
    """Score of the candidate at bytes ``start`` to ``end`` with ``count`` features; a lesson notes it instead."""
    if len(judge.features) == 0:
        return score(features, 0, count, judge.weights)
    used = judge.used[0]
    judge.features[used, :count] = features[:count]
    judge.places[used, 0] = start
    judge.places[used, 1] = end
    judge.used[0] += 1
    return np.int64(-NEVER)
