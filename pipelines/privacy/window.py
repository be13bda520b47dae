"""Which kinds of personal data stand in one window of text, and which of two that overlap."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import count
from operator import or_

import numpy as np
from numpy.typing import NDArray

from pipelines.privacy.fold import MASK, end_of_syllable, fold
from pipelines.privacy.kind import CUE_AFTER, CUE_BEFORE, Kind, Shape

_NEIGHBOURHOOD = 96
_MOST_ROUNDS = 64  # ordinary text takes two or three

Region = tuple[int, int]


class UnfinishedError(Exception):
    """A window in which there is no end of finds; it says nothing of the text."""


@dataclass(frozen=True, order=True)
class _Candidate:
    """Ordered by which goes first where two overlap: the surer, then the longer, then the earlier."""

    doubt: float
    shortness: int
    start: int
    kind: int

    @property
    def end(self) -> int:
        return self.start - self.shortness


def search(
    text: str, language: str, kinds: Sequence[Kind], masks: Sequence[int], cores: NDArray[np.int64]
) -> list[tuple[int, int, int]]:
    """Start, end (in ``text``) and index in ``kinds`` of what stands in one window, by start, never overlapping.

    A kind is tried around those ``cores`` (start, end, bits of what the gate saw, digits) that show a bit of its mask,
    and as many digits as its matches have at least, if they show digits alone. What is found is masked and its
    neighbourhood is looked at again, until nothing new is found: a second scrub would see a
    placeholder there, and must not find what this one did not. Raises UnfinishedError where that does not come to an
    end, so that the time is bounded, and the same text fails on every machine.
    """
    folded, original, rewritten = fold(text)
    if original is not None:
        cores = np.column_stack((np.searchsorted(original, cores[:, :2]), cores[:, 2:]))
    opened = _opened(kinds, masks, cores.tolist(), len(folded), count_digits=not rewritten)
    regions = opened
    chosen: list[_Candidate] = []
    for round_number in count():
        if not regions:
            break
        if round_number == _MOST_ROUNDS:
            raise UnfinishedError
        accepted = _without_overlaps(
            candidate
            for index, places in regions.items()
            for candidate in _candidates(folded, places, language, kinds[index], index)
        )
        if not accepted:
            break
        chosen += accepted
        folded = _masked(folded, accepted)
        near = _around([(candidate.start, candidate.end) for candidate in accepted], _NEIGHBOURHOOD, len(folded))
        regions = {index: common for index, places in opened.items() if (common := _common(places, near))}
    found = sorted((candidate.start, candidate.end, candidate.kind) for candidate in chosen)
    if original is None:
        return found
    return [
        (int(original[start]), end_of_syllable(text, int(original[end - 1]) + 1), kind) for start, end, kind in found
    ]


def search_everywhere(text: str, language: str, kinds: Sequence[Kind]) -> list[tuple[int, int, int]]:
    """What ``search`` gives where every kind is tried everywhere, as without a gate."""
    return search(text, language, kinds, [1] * len(kinds), np.array([[0, len(text), 1, len(text)]], np.int64))


def _opened(
    kinds: Sequence[Kind], masks: Sequence[int], cores: Sequence[Sequence[int]], length: int, count_digits: bool
) -> dict[int, list[Region]]:
    """For each kind that some core opens, by its number, where it is tried."""
    every = reduce(or_, (seen for _, _, seen, _ in cores))
    most = max(digits for *_, digits in cores)
    regions: dict[tuple[int, int, int], list[Region]] = {}
    opened: dict[int, list[Region]] = {}
    for index, mask in enumerate(masks):
        bits, fewest = mask & every, kinds[index].digits * count_digits
        if not bits or (bits == Shape.DIGITS and most < fewest):
            continue
        alike = bits, kinds[index].reach, fewest
        if alike not in regions:
            places = sorted(
                (start, end)
                for start, end, seen, digits in cores
                if seen & bits and (digits >= fewest or seen & bits != Shape.DIGITS)
            )
            regions[alike] = _around(places, kinds[index].reach, length)
        if regions[alike]:
            opened[index] = regions[alike]
    return opened


def _around(places: Sequence[Region], reach: int, length: int) -> list[Region]:
    """The places (by start) widened by ``reach`` on both sides, those that then touch joined."""
    joined: list[Region] = []
    for start, end in places:
        low, high = max(0, start - reach), min(length, end + reach)
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def _common(places: Sequence[Region], others: Sequence[Region]) -> list[Region]:
    """What two lists of disjoint regions, both in order, have in common."""
    common, first = [], 0
    for low, high in places:
        while first < len(others) and others[first][1] <= low:
            first += 1
        index = first
        while index < len(others) and others[index][0] < high:
            common.append((max(low, others[index][0]), min(high, others[index][1])))
            index += 1
    return common


def _candidates(folded: str, places: Sequence[Region], language: str, kind: Kind, index: int) -> Iterator[_Candidate]:
    for low, high in places:
        for pattern in kind.patterns:
            match = pattern.search(folded, low, high)
            while match:
                start, end = match.span()
                confidence = 0.0
                if end < high or end == len(folded):  # else the region cuts it, not the text
                    before = folded[max(0, start - CUE_BEFORE) : start].rpartition(MASK)[2]
                    after = folded[end : end + CUE_AFTER].partition(MASK)[0]
                    confidence = kind.judge(match[0], before, after, language)
                if confidence > 0:
                    yield _Candidate(-confidence, start - end, start, index)
                match = pattern.search(folded, end if confidence > 0 else start + 1, high)


def _without_overlaps(candidates: Iterator[_Candidate]) -> list[_Candidate]:
    """The first of each set of candidates that overlap, by start."""
    accepted: list[_Candidate] = []
    starts: list[int] = []
    for candidate in sorted(candidates):
        place = bisect_right(starts, candidate.start)
        free_before = place == 0 or accepted[place - 1].end <= candidate.start
        if free_before and (place == len(starts) or candidate.end <= starts[place]):
            starts.insert(place, candidate.start)
            accepted.insert(place, candidate)
    return accepted


def _masked(folded: str, accepted: Sequence[_Candidate]) -> str:
    pieces, position = [], 0
    for candidate in accepted:
        pieces += [folded[position : candidate.start], MASK * -candidate.shortness]
        position = candidate.end
    return "".join(pieces) + folded[position:] if pieces else folded
