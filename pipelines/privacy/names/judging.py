"""What judges candidates for names: weights of hashed features, or a lesson that notes the features instead."""

from typing import Any, NamedTuple

import numpy as np

from pipelines.core.hashed_weights import weight
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import mix

FEATURES = 27
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


@inner_kernel
def weighed(values: Any, first: Any, stop: Any, judge: Judge) -> Any:
    """Sum of the weights of ``values[first:stop]`` (uint64); in a lesson there are none."""
    total = np.int64(0)
    for place in range(first, stop):
        total += weight(_feature(values[place], place), judge.weights)
    return total


@inner_kernel
def judged(start: Any, end: Any, score: Any, values: Any, count: Any, judge: Judge) -> Any:
    """The ``score`` of the candidate at bytes ``start`` to ``end``; a lesson notes its ``count`` features instead."""
    if len(judge.features) == 0:
        return score
    used = judge.used[0]
    for place in range(count):
        judge.features[used, place] = np.int64(_feature(values[place], place))
    judge.places[used, 0] = start
    judge.places[used, 1] = end
    judge.used[0] += 1
    return np.int64(-NEVER)


@inner_kernel
def _feature(value: Any, place: Any) -> Any:
    """Hash of a value (uint64), apart from the same value in another place."""
    return mix(value + np.uint64(place + 1) * _APART)
