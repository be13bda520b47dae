"""Which kinds of personal data stand in one window of text, and which of two that overlap."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache, reduce
from itertools import islice
from operator import or_

import numpy as np

from pipelines.privacy.automaton import LOOKS_BACK, in_words
from pipelines.privacy.beginnings import Followed, Places, beginnings_in, followed, followed_uncued
from pipelines.privacy.candidates import Candidate, Reader
from pipelines.privacy.fold import MASK, Folded, ends_of_syllables, fold
from pipelines.privacy.kind import Kind
from pipelines.privacy.regions import Opened, Region, Trial, around, common, trials
from pipelines.privacy.vouchers import EVERY_KIND, Vouchers

Find = tuple[int, int, int]
"""Start and end in the text of a window, and index of the kind."""

_NEIGHBOURHOOD = 96
_TOGETHER = 64
"""Windows that are searched together: where patterns begin is found faster for several, and their readers take room."""
_MOST_ROUNDS = 64  # ordinary text takes two or three


class UnfinishedError(Exception):
    """A window in which there is no end of finds; it says nothing of the text, its notes name the kinds that find."""


class Plan:
    """What is tried where, and what is followed of each kind, where something vouches for it and where nothing does."""

    def __init__(self, kinds: Sequence[Kind], tried: Sequence[Trial]) -> None:
        self.trials, self.vouchers = tried, Vouchers.of(kinds)
        self.cued = frozenset(index for index, kind in enumerate(kinds) if kind.cued_patterns)
        self._followed = [*map(followed, kinds)]
        self._uncued = [followed_uncued(kind) if kind.cued_patterns else followed(kind) for kind in kinds]

    def of(self, kind: int, vouched: int) -> Followed:
        """What is followed of a kind, by number, where the kinds that bits of ``vouched`` tell have a voucher."""
        return (self._followed if vouched >> kind & 1 else self._uncued)[kind]

    def regions(self, opened: Opened, begun: Places | None, vouched: int) -> dict[int, list[Region]]:
        """Where the trials are ``opened``, for each kind of which a pattern may have ``begun``."""
        return {
            kind: own
            for trial, own in opened.items()
            for kind in self.trials[trial].kinds
            if begun is None or (each := self.of(kind, vouched)).anywhere or not each.numbers.isdisjoint(begun)
        }

    def begin_near(self, windows: Sequence["Window"]) -> None:
        """Say where in each of ``windows`` patterns may begin near what was found there last."""
        parts: list[str] = []
        backs: list[int] = []
        owners: list[tuple[Places, int]] = []
        sequences: list[int] = []
        for window in windows:
            tried = (kind for trial in window.tried for kind in self.trials[trial].kinds)
            wanted = reduce(or_, (self.of(kind, window.vouched).sequences for kind in tried), 0)
            window.begun = {}
            for low, high in window.near if wanted else ():
                backs.append(min(low, LOOKS_BACK))
                parts.append(window.reader.folded[low - backs[-1] : high])
                owners.append((window.begun, low - backs[-1]))
                sequences.append(wanted)
        for (begun, first), own in zip(owners, beginnings_in(parts, in_words(sequences), backs), strict=True):
            for pattern, places in own.items():
                begun.setdefault(pattern, []).extend([first + place for place in places])


class Window:
    """A stretch of text that is searched round by round.

    ``opened`` says where in the ``folded`` text each trial of a plan is tried, ``begun`` where there which patterns may
    begin to match; if it is None, all are tried everywhere. ``vouched`` are the bits of the kinds for which a word may
    vouch. What is found is masked and its neighbourhood is looked at again, until nothing new is found: a second scrub
    would see a placeholder there, and must not find what this one did not.
    """

    def __init__(
        self, text: str, folded: Folded, language: str, opened: Opened, begun: Places | None, vouched: int = EVERY_KIND
    ) -> None:
        self.reader = Reader(folded.text, language)
        self.tried, self.begun, self.vouched = opened, begun, vouched
        self.near: list[Region] = []
        self._text, self._original, self._opened = text, folded.original, opened
        self._chosen: list[Candidate] = []
        self._newest: list[Candidate] = []
        self._rounds = 0

    def look(self, kinds: Sequence[Kind], plan: Plan) -> bool:
        """Look once for ``kinds``; returns whether to look again, near what was found, where patterns begin.

        Raises UnfinishedError where that does not come to an end, so that the time is bounded, and the same text fails
        on every machine.
        """
        reader = self.reader
        regions = plan.regions(self.tried, self.begun, self.vouched)
        if not regions:
            return False
        if self._rounds == _MOST_ROUNDS:
            raise _noted(UnfinishedError(), {kinds[candidate.kind] for candidate in self._newest})
        accepted = _without_overlaps(
            candidate
            for index, own in regions.items()
            for candidate in reader.candidates(own, kinds[index], plan.of(index, self.vouched).tried, self.begun, index)
        )
        if not accepted:
            return False
        self._chosen += accepted
        self._rounds += 1
        self._newest = accepted
        reader.folded = _masked(reader.folded, accepted)
        places = [(start, start - shortness) for _, shortness, start, _ in accepted]
        self.near = around(places, _NEIGHBOURHOOD, len(reader.folded))
        self.tried = {trial: shared for trial, own in self._opened.items() if (shared := common(own, self.near))}
        return True

    def found(self) -> list[Find]:
        """What was found, by start, never overlapping."""
        found = sorted((start, start - shortness, kind) for _, shortness, start, kind in self._chosen)
        if self._original is None or not found:
            return found
        starts, ends, own = zip(*found, strict=True)
        ends_in_text = ends_of_syllables(self._text, (self._original[np.array(ends) - 1] + 1).tolist())
        return [*zip(self._original[np.array(starts)].tolist(), ends_in_text, own, strict=True)]


def search(windows: Iterable[Window], kinds: Sequence[Kind], plan: Plan) -> Iterator[list[Find] | Exception]:
    """What stands in each of ``windows``, whose patterns are told where to begin, or the error that it ended with."""
    rest = iter(windows)
    while group := [*islice(rest, _TOGETHER)]:
        found: dict[Window, list[Find] | Exception] = {}
        left = group
        while left:
            again: list[Window] = []
            for window in left:
                try:
                    if window.look(kinds, plan):
                        again.append(window)
                    else:
                        found[window] = window.found()
                except Exception as error:  # whatever it is, the others are searched
                    found[window] = error
            plan.begin_near(again)
            left = again
        yield from (found[window] for window in group)


def _noted(error: UnfinishedError, kinds: Collection[Kind]) -> UnfinishedError:
    for name in sorted(kind.name for kind in kinds):
        error.add_note(name)
    return error


def search_everywhere(text: str, language: str, kinds: Sequence[Kind]) -> list[Find]:
    """What is found in ``text`` where every kind is tried everywhere, as without a gate."""
    plan = _everywhere(tuple(kinds))
    folded = fold(text)
    everywhere = {trial: [(0, len(folded.text))] for trial in range(len(plan.trials))}
    window = Window(text, folded, language, everywhere, None)
    while window.look(kinds, plan):
        pass
    return window.found()


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
