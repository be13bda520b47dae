"""Tail of a skew-normal law fitted to scores: exposure beyond the ceiling that a rank has."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

_MOST_SKEWED = 0.99  # a skew-normal law has a skewness below 0.9953
_POINTS = 4000
_REACH = 12.0  # standard deviations after which nothing of the density is left


@dataclass(frozen=True)
class SkewNormal:
    """Density 2 / scale * phi(z) * Phi(shape * z) with z = (x - location) / scale (Azzalini 1985)."""

    location: float
    scale: float
    shape: float

    @classmethod
    def fit(cls, values: NDArray[np.float64]) -> Self:
        """The law with the mean, the variance and the skewness of ``values`` (values,), which must not all be equal."""
        mean, spread = float(np.mean(values)), float(np.std(values))
        skewness = float(np.clip(np.mean(((values - mean) / spread) ** 3), -_MOST_SKEWED, _MOST_SKEWED))
        power = abs(skewness) ** (2 / 3)
        delta = math.copysign(math.sqrt(math.pi / 2 * power / (power + ((4 - math.pi) / 2) ** (2 / 3))), skewness)
        scale = spread / math.sqrt(1 - 2 * delta**2 / math.pi)
        return cls(mean - scale * delta * math.sqrt(2 / math.pi), scale, delta / math.sqrt(1 - delta**2))

    def surprise(self, value: float) -> float:
        """Bits of the chance to draw ``value`` or more: -log2 of the upper tail, by trapezoids on logarithms."""
        start = (value - self.location) / self.scale
        # Far out the density falls within a small part of a unit: the points lie densest there.
        steps = np.concatenate([[0.0], np.geomspace(1e-6, _REACH + max(-start, 0.0), _POINTS)])
        points = torch.from_numpy(start + steps)
        density = math.log(2 / math.sqrt(2 * math.pi)) - points**2 / 2 + torch.special.log_ndtr(self.shape * points)
        areas = torch.logaddexp(density[1:], density[:-1]) - math.log(2) + torch.log(torch.from_numpy(np.diff(steps)))
        return max(0.0, -float(torch.logsumexp(areas, 0)) / math.log(2))


def extrapolated_exposure(scores: NDArray[np.float64]) -> float:
    """Exposure in bits of the secret, ``scores[0]``, had it been ranked among all that it could have been.

    The second estimate of Carlini et al. 2019: no ceiling, but it trusts the shape of the tail far from any reference.
    A model that cannot tell the candidates apart gives 1 bit, as a rank in the middle does.
    """
    references = scores[1:]
    return SkewNormal.fit(references).surprise(float(scores[0])) if np.ptp(references) > 0 else 1.0
