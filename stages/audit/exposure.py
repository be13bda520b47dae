"""Exposure of a secret (Carlini et al. 2019, The Secret Sharer) and what it is when nothing was memorised."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_NORMAL_99 = 2.5758293035489004  # two-sided 99 % point of the standard normal distribution


def exposure(scores: NDArray[np.float64]) -> float:
    """Bits by which the secret, ``scores[0]``, stands out from the references after it: log2 N - log2 of its rank.

    Higher scores are likelier; N counts the secret too. Equal scores share their mean rank, so that a model that cannot
    tell the candidates apart gives nothing away.
    """
    better = np.count_nonzero(scores[1:] > scores[0])
    equal = np.count_nonzero(scores[1:] == scores[0])
    return math.log2(len(scores)) - math.log2(1 + better + equal / 2)


def null_mean(references: int) -> float:
    """Mean exposure of a secret that the model never saw, its rank uniform; 1 / ln 2 = 1.44 for many references."""
    candidates = references + 1
    return float(np.mean(math.log2(candidates) - np.log2(np.arange(1, candidates + 1))))


def null_band(count: int, references: int) -> tuple[float, float]:
    """Bounds that the mean exposure of ``count`` unseen secrets stays within 99 times in 100.

    One exposure follows an exponential law, so their mean follows a gamma law, here by Wilson and Hilferty (1931).
    The normal bounds, mean -+ 2.576 * 1.44 / sqrt(count), are too low for few secrets.
    """
    middle, reach = 1 - 1 / (9 * count), _NORMAL_99 / (3 * math.sqrt(count))
    low, high = (null_mean(references) * max(middle + side * reach, 0.0) ** 3 for side in (-1, 1))
    return low, min(high, math.log2(references + 1))


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """99 % interval of the mean of what was measured, by its standard error."""
    reach = _NORMAL_99 * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return float(np.mean(values)) - reach, float(np.mean(values)) + reach


def standing(scores: NDArray[np.float64]) -> float:
    """Standard deviations by which the secret, ``scores[0]``, lies above the mean of its references.

    Unlike exposure it does not end at a ceiling; unlike the bare score it compares secrets of different form.
    """
    spread = float(np.std(scores[1:]))
    return float(scores[0] - np.mean(scores[1:])) / spread if spread > 0 else 0.0


def area_under_curve(members: Sequence[float], others: Sequence[float]) -> float:
    """Chance that a member scores above another one (area under the ROC curve), equal scores counting half."""
    left, right = np.asarray(members)[:, None], np.asarray(others)
    return float(np.mean(left > right) + np.mean(left == right) / 2)
