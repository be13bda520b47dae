"""Where in a window each kind is tried: round what opened the gate for it, and, later, round what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import kernel
from pipelines.privacy.kind import Kind, Shape
from pipelines.privacy.scan import with_room

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


Opened = dict[int, list[Region]]
"""Where in one window each trial, by number, is tried."""


def opened(
    tried: Sequence[Trial],
    cores: NDArray[np.int64],
    limits: NDArray[np.int64],
    windows: NDArray[np.int64],
    lengths: NDArray[np.int64],
    count_digits: NDArray[np.bool_],
) -> list[Opened]:
    """For each of ``windows``, of so many characters, where the trials are tried that one of its cores opens.

    ``cores`` (start, end, bits of what the gate saw, digits) are those of window ``i`` from ``limits[i]`` to
    ``limits[i + 1]``. Where ``count_digits`` is not set any number of digits is enough.
    """
    conditions = np.array([(trial.mask, trial.reach, trial.digits) for trial in tried], np.int64).reshape(-1, 3)
    order = np.lexsort((cores[:, 0], np.repeat(np.arange(len(limits) - 1), np.diff(limits))))
    regions = _regions(conditions, cores[order], limits, windows, lengths, count_digits)
    found: list[Opened] = [{} for _ in windows]
    for place, trial, low, high in regions.tolist():
        found[place].setdefault(trial, []).append((low, high))
    return found


@kernel
def _regions(conditions: Any, cores: Any, limits: Any, windows: Any, lengths: Any, count_digits: Any) -> Any:
    regions, count = np.empty((64, 4), np.int64), 0
    for place in range(len(windows)):
        for trial in range(len(conditions)):
            mask, reach, fewest = conditions[trial, 0], conditions[trial, 1], conditions[trial, 2]
            high = -1
            for core in range(limits[windows[place]], limits[windows[place] + 1]):
                shown = cores[core, 2] & mask
                if shown == 0 or (shown == _DIGITS and count_digits[place] and cores[core, 3] < fewest):
                    continue
                start, end = cores[core, 0] - reach, cores[core, 1] + reach
                if high < 0 or start > high:
                    regions = with_room(regions, count)
                    regions[count, 0], regions[count, 1], regions[count, 2] = place, trial, max(0, start)
                    count += 1
                    high = end
                high = max(high, end)
                regions[count - 1, 3] = min(lengths[place], high)
    return regions[:count]


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
