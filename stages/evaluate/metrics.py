"""Published metrics of downstream tasks as functions of gold and predicted labels; higher is better, 1 is perfect."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.evaluate.options import MetricName

Span = tuple[int, int, str]


def accuracy(gold: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Share of rows whose label is right."""
    return float(np.mean(gold == predicted))


def f1_binary(gold: NDArray[Any], predicted: NDArray[Any]) -> float:
    """F1 of class 1 against class 0; 0 where nothing is found."""
    return _f1(int(np.sum((gold == 1) & (predicted == 1))), int(np.sum(gold == 1)), int(np.sum(predicted == 1)))


def f1_macro(gold: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Unweighted mean of the F1 of every class that occurs among the gold or the predicted labels."""
    classes = np.union1d(gold, predicted)
    return float(np.mean([f1_binary((gold == name) * 1, (predicted == name) * 1) for name in classes]))


def matthews(gold: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Matthews correlation for any number of classes (Gorodkin 2004); 0 where one side is constant."""
    classes = np.union1d(gold, predicted)
    right = gold[:, None] == classes
    guess = predicted[:, None] == classes
    covariance = np.sum(right & guess) * len(gold) - np.sum(right.sum(0) * guess.sum(0))
    spread = [float(len(gold) ** 2 - np.sum(side.sum(0) ** 2)) for side in (right, guess)]
    return float(covariance / np.sqrt(spread[0] * spread[1])) if min(spread) > 0 else 0.0


def pearson(gold: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Pearson correlation; 0 where one side is constant, for which it is undefined."""
    left, right = gold - np.mean(gold), predicted - np.mean(predicted)
    spread = float(np.sqrt(np.sum(left**2) * np.sum(right**2)))
    return float(np.sum(left * right) / spread) if spread > 0 else 0.0


def spearman(gold: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Pearson correlation of the ranks, equal values sharing their mean rank."""
    return pearson(mean_ranks(gold), mean_ranks(predicted))


def entity_f1(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float:
    """Micro F1 over entities, both borders and the type right: what seqeval reports as strict, scheme IOB2."""
    pairs = [(set(entities(left)), set(entities(right))) for left, right in zip(gold, predicted, strict=True)]
    found = sum(len(left & right) for left, right in pairs)
    return _f1(found, sum(len(left) for left, _ in pairs), sum(len(right) for _, right in pairs))


def entities(tags: Sequence[str]) -> list[Span]:
    """First word, end, type of each entity: a B- tag and the I- tags of its type after it; a stray I- tag is none."""
    found: list[Span] = []
    start, kind = 0, ""
    for index, tag in enumerate([*tags, "O"]):
        if kind and tag != f"I-{kind}":
            found.append((start, index, kind))
            kind = ""
        if tag.startswith("B-"):
            start, kind = index, tag[2:]
    return found


def mean_ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Rank of each value from 1, equal values sharing the mean of their ranks."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    ranks: NDArray[np.float64] = (last - (sizes - 1) / 2)[group]
    return ranks


def _f1(found: int, gold: int, predicted: int) -> float:
    return 2 * found / (gold + predicted) if found else 0.0


METRICS: Mapping[MetricName, Callable[[Any, Any], float]] = {
    "accuracy": accuracy,
    "f1_macro": f1_macro,
    "f1_binary": f1_binary,
    "matthews": matthews,
    "pearson": pearson,
    "spearman": spearman,
    "entity_f1": entity_f1,
}
