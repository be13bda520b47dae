"""Which kinds of personal data stand in one window of text, and which of two that overlap."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache, reduce
from itertools import count
from operator import or_

import numpy as np

from pipelines.privacy.automaton import LOOKS_BACK, in_words
from pipelines.privacy.beginnings import Places, beginnings_in, followed
from pipelines.privacy.candidates import Candidate, Reader
from pipelines.privacy.fold import MASK, Folded, ends_of_syllables, fold
from pipelines.privacy.kind import Kind
from pipelines.privacy.regions import Opened, Region, Trial, around, common, trials

_NEIGHBOURHOOD = 96
_MOST_ROUNDS = 64  # ordinary text takes two or three


class UnfinishedError(Exception):
    """A window in which there is no end of finds; it says nothing of the text, its notes name the kinds that find."""


class Plan:
    """What is tried where, and what is ``followed`` of each kind."""

    def __init__(self, kinds: Sequence[Kind], tried: Sequence[Trial]) -> None:
        self.trials, self.followed = tried, [*map(followed, kinds)]

    def anywhere(self, kinds: Iterable[int]) -> bool:
        """Whether of one of ``kinds``, by number, not all is followed."""
        return any(self.followed[index].anywhere for index in kinds)

    def sequences_of(self, kinds: Iterable[int]) -> int:
        return reduce(or_, (self.followed[index].sequences for index in kinds))

    def regions(self, opened: Opened, begun: Places | None) -> dict[int, list[Region]]:
        """Where the trials are ``opened``, for each kind of which a pattern may have ``begun``."""
        return {
            kind: own
            for trial, own in opened.items()
            for kind in self.trials[trial].kinds
            if begun is None or self.followed[kind].anywhere or not self.followed[kind].numbers.isdisjoint(begun)
        }

    def begun_near(self, folded: str, near: Sequence[Region], tried: Collection[int]) -> Places:
        """Where in ``folded`` patterns of ``tried``, trials by number, may begin to match in the regions ``near``."""
        if not tried:
            return {}
        backs = [min(low, LOOKS_BACK) for low, _ in near]
        parts = [folded[low - back : high] for (low, high), back in zip(near, backs, strict=True)]
        found: Places = {}
        kinds = [kind for trial in tried for kind in self.trials[trial].kinds]
        wanted = in_words([self.sequences_of(kinds)] * len(parts))
        for (low, _), back, own in zip(near, backs, beginnings_in(parts, wanted, backs), strict=True):
            for pattern, places in own.items():
                found.setdefault(pattern, []).extend([low - back + place for place in places])
        return found


def search(
    text: str,
    folded: Folded,
    language: str,
    kinds: Sequence[Kind],
    plan: Plan,
    opened: Opened,
    begun: Places | None,
) -> list[tuple[int, int, int]]:
    """Start, end (in ``text``) and index in ``kinds`` of what stands in one window, by start, never overlapping.

    ``opened`` says where in the ``folded`` text each trial of the ``plan`` is tried, ``begun`` where there which
    patterns may begin to match; if it is None, all are tried everywhere. What is found is masked and its neighbourhood
    is looked at again, until nothing new is found: a second scrub would see a placeholder there, and must not find what
    this one did not. Raises UnfinishedError where that does not come to an end, so that the time is bounded, and the
    same text fails on every machine.
    """
    original = folded.original
    reader = Reader(folded.text, language)
    chosen: list[Candidate] = []
    accepted: list[Candidate] = []
    tried = opened
    for round_number in count():
        regions = plan.regions(tried, begun)
        if not regions:
            break
        if round_number == _MOST_ROUNDS:
            raise _noted(UnfinishedError(), {kinds[candidate.kind] for candidate in accepted})
        accepted = _without_overlaps(
            candidate
            for index, own in regions.items()
            for candidate in reader.candidates(own, kinds[index], plan.followed[index].tried, begun, index)
        )
        if not accepted:
            break
        chosen += accepted
        reader.folded = _masked(reader.folded, accepted)
        places = [(start, start - shortness) for _, shortness, start, _ in accepted]
        near = around(places, _NEIGHBOURHOOD, len(reader.folded))
        tried = {trial: shared for trial, own in opened.items() if (shared := common(own, near))}
        if begun is not None:
            begun = plan.begun_near(reader.folded, near, tried)
    found = sorted((start, start - shortness, kind) for _, shortness, start, kind in chosen)
    if original is None or not found:
        return found
    starts, ends, own = zip(*found, strict=True)
    ends_in_text = ends_of_syllables(text, (original[np.array(ends) - 1] + 1).tolist())
    return [*zip(original[np.array(starts)].tolist(), ends_in_text, own, strict=True)]


def _noted(error: UnfinishedError, kinds: Collection[Kind]) -> UnfinishedError:
    for name in sorted(kind.name for kind in kinds):
        error.add_note(name)
    return error


def search_everywhere(text: str, language: str, kinds: Sequence[Kind]) -> list[tuple[int, int, int]]:
    """What ``search`` gives where every kind is tried everywhere, as without a gate."""
    plan = _everywhere(tuple(kinds))
    folded = fold(text)
    everywhere = {trial: [(0, len(folded.text))] for trial in range(len(plan.trials))}
    return search(text, folded, language, kinds, plan, everywhere, None)


@cache
def _everywhere(kinds: tuple[Kind, ...]) -> Plan:
    return Plan(kinds, trials(kinds, [1] * len(kinds)))


def _without_overlaps(candidates: Iterator[Candidate]) -> list[Candidate]:
    """The first of each set of candidates that overlap, by start."""
    accepted: list[Candidate] = []
    starts: list[int] = []
    ends: list[int] = []
    for candidate in sorted(candidates):
        _, shortness, start, _ = candidate
        end = start - shortness
        place = bisect_right(starts, start)
        if (place == 0 or ends[place - 1] <= start) and (place == len(starts) or end <= starts[place]):
            starts.insert(place, start)
            ends.insert(place, end)
            accepted.insert(place, candidate)
    return accepted


def _masked(folded: str, accepted: Sequence[Candidate]) -> str:
    pieces, position = [], 0
    for _, shortness, start, _ in accepted:
        pieces += [folded[position:start], MASK * -shortness]
        position = start - shortness
    return "".join(pieces) + folded[position:] if pieces else folded
