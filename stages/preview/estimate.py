"""From what was measured on the sample to what the whole will take: each figure with the spread between its parts.

Everything grows in proportion to the bytes that a stage reads, from a start that is measured apart, but for the number
of distinct words: that grows as a power of the text (Heaps' law), and the training of the tokenizer with it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Range(NamedTuple):
    """An estimate, and the least and the most that any part of the sample alone would have given."""

    value: float
    low: float
    high: float

    def plus(self, amount: float) -> "Range":
        return Range(self.value + amount, self.low + amount, self.high + amount)

    def times(self, factor: float) -> "Range":
        return Range(self.value * factor, self.low * factor, self.high * factor)


ZERO = Range(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Point:
    """What one part of the sample gave: ``value`` for ``size``, of ``full``, its share of the source being known."""

    size: float
    full: float
    value: float


def constant(value: float) -> Range:
    """An estimate that is none."""
    return Range(value, value, value)


def total(ranges: Sequence[Range]) -> Range:
    """Sum of estimates, whose errors may all go the same way."""
    return Range(*(math.fsum(each) for each in zip(*ranges, strict=True))) if ranges else ZERO


def scaled(points: Sequence[Point]) -> Range:
    """Value for the full size where it is in proportion to the size."""
    return _spread(points, lambda some: _sum(some, "value") * _mean(some, "full") / max(1e-9, _sum(some, "size")))


def grown(points: Sequence[Point], tiny: Point) -> Range:
    """Value for the full size where it is in proportion to the size beyond ``tiny``, which has the fixed costs."""

    def estimate(some: Sequence[Point]) -> float:
        more = _sum(some, "size") - len(some) * tiny.size
        full = _mean(some, "full")
        if more < tiny.size * len(some) or full <= tiny.size:  # nearly all of it was measured
            return _mean(some, "value") * full / max(1e-9, _mean(some, "size"))
        slope = max(0.0, _sum(some, "value") - len(some) * tiny.value) / more
        return tiny.value + slope * (full - tiny.size)

    return _spread(points, estimate)


def heaps(size: float, distinct: float, larger: float, distinct_larger: float) -> Callable[[float], float]:
    """Distinct words of any size of text, from two sizes and what was counted there (H. Heaps, 1978)."""
    if larger <= size or distinct_larger <= distinct or not distinct:
        return lambda text: distinct_larger * (text / larger if larger else 1.0) ** 0.5 if text > larger else distinct
    power = min(1.0, math.log(distinct_larger / distinct) / math.log(larger / size))
    return lambda text: float(distinct_larger * (text / larger) ** power)


def divided(work: Range, serial: Range, workers: int) -> Range:
    """Seconds of work of which all but ``serial`` is done by so many workers at once."""
    return Range(
        *(min(part, whole) + max(0.0, whole - part) / workers for whole, part in zip(work, serial, strict=True))
    )


def _spread(points: Sequence[Point], estimate: Callable[[Sequence[Point]], float]) -> Range:
    alone = [estimate([point]) for point in points]
    together = estimate(points)
    return Range(together, min(together, *alone), max(together, *alone))


def _sum(points: Sequence[Point], name: str) -> float:
    return math.fsum(getattr(point, name) for point in points)


def _mean(points: Sequence[Point], name: str) -> float:
    return _sum(points, name) / len(points)
