"""Where in a window each kind is tried: round what opened the gate for it, and, later, round what was found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.privacy.kind import Kind, Shape

Region = tuple[int, int]
_DIGITS = int(Shape.DIGITS)  # enumerations compare slowly


@dataclass(frozen=True)
class Trial:
    """Kinds, by their number, that are tried at the same places.

    Those are the cores that show a bit of ``mask`` and, if they show digits alone, have at least so many of them,
    widened by ``reach``.
    """

    kinds: tuple[int, ...]
    mask: int
    reach: int
    digits: int


def trials(kinds: Sequence[Kind], masks: Sequence[int]) -> tuple[Trial, ...]:
    """What is tried with ``kinds``, each of which has one of the ``masks``."""
    alike: dict[tuple[int, int, int], list[int]] = {}
    for index, (kind, mask) in enumerate(zip(kinds, masks, strict=True)):
        alike.setdefault((mask, kind.reach, kind.digits), []).append(index)
    return tuple(Trial(tuple(indexes), *conditions) for conditions, indexes in alike.items())


def opens(
    trial: Trial, seen: NDArray[np.int64], digits: NDArray[np.int64], count_digits: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """For each core, of which the gate saw these bits and digits, whether it opens the kinds of ``trial``.

    Where ``count_digits`` is not set any number of digits is enough.
    """
    shown = seen & trial.mask
    opening: NDArray[np.bool_] = (shown != 0) & ((digits >= trial.digits) | (shown != _DIGITS) | ~count_digits)
    return opening


def opened(
    tried: Sequence[Trial], cores: Sequence[Sequence[int]], length: int, count_digits: bool
) -> dict[int, list[Region]]:
    """For each kind that one of ``cores`` (start, end, bits of what the gate saw, digits) opens, where it is tried.

    Without ``count_digits`` any number of digits is enough.
    """
    every = 0
    for _, _, seen, _ in cores:
        every |= seen
    regions: dict[int, list[Region]] = {}
    for trial in tried:
        mask, fewest = trial.mask & every, trial.digits * count_digits
        if not mask:
            continue
        places = [
            (start, end)
            for start, end, seen, digits in cores
            if seen & mask and (digits >= fewest or seen & mask != _DIGITS)
        ]
        if places:
            places.sort()
            regions.update(dict.fromkeys(trial.kinds, around(places, trial.reach, length)))
    return regions


def around(places: Sequence[Region], reach: int, length: int) -> list[Region]:
    """The places (by start) widened by ``reach`` on both sides, those that then touch joined."""
    joined: list[Region] = []
    low, high = -1, -1
    for start, end in places:
        if start - reach > high or high < 0:
            if high >= 0:
                joined.append((low, high))
            low, high = max(0, start - reach), end + reach
        elif end + reach > high:
            high = end + reach
    if high >= 0:
        joined.append((low, high))
    return [(low, min(length, high)) for low, high in joined]


def common(places: Sequence[Region], others: Sequence[Region]) -> list[Region]:
    """What two lists of disjoint regions, both in order, have in common."""
    shared, first = [], 0
    for low, high in places:
        while first < len(others) and others[first][1] <= low:
            first += 1
        index = first
        while index < len(others) and others[index][0] < high:
            shared.append((max(low, others[index][0]), min(high, others[index][1])))
            index += 1
    return shared
