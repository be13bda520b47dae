"""What could be personal data in the folded text of one window: matches of the patterns, and how sure they are."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from pipelines.privacy.beginnings import Places, Tried
from pipelines.privacy.digit_groups import stands_apart
from pipelines.privacy.fold import MASK
from pipelines.privacy.kind import CUE_AFTER, CUE_BEFORE, Kind, comparable_as_a_whole
from pipelines.privacy.regions import Region

_MOST_JUDGED = 1 << 12
_RUN, _MANY = re.compile("[0-9]+"), 1 << 20


class Candidate(NamedTuple):
    """Ordered by which goes first where two overlap: the surer, then the longer, then the earlier."""

    doubt: float
    shortness: int
    start: int
    kind: int

    @property
    def end(self) -> int:
        return self.start - self.shortness


class _Sought(NamedTuple):
    """A pattern, and the characters at which matches of it may begin, in order; anywhere where that is None."""

    pattern: re.Pattern[str]
    starts: Sequence[int] | None

    def matches(self, folded: str, first: int, last: int, high: int) -> Iterator[re.Match[str]]:
        """Those that begin from ``first`` to before ``last``, one for each place where one does, in order.

        They see nothing of ``folded`` from ``high`` on.
        """
        pattern, starts = self
        if starts is None:
            return _scanned(pattern, folded, first, last, high)
        own = starts[bisect_left(starts, first) : bisect_left(starts, last)]
        return (match for place in own if (match := pattern.match(folded, place, high)))


def _scanned(pattern: re.Pattern[str], folded: str, first: int, last: int, high: int) -> Iterator[re.Match[str]]:
    while first < last and (match := pattern.search(folded, first, high)) and match.start() < last:
        yield match
        first = match.start() + 1


def _starts(begun: Places | None, number: int | None) -> Sequence[int] | None:
    return None if begun is None or number is None else begun.get(number, ())


class Reader:
    """Tries kinds on the folded text of a window, of which more and more is masked."""

    def __init__(self, folded: str, language: str) -> None:
        self.folded = folded
        self._language = language
        self._runs: dict[Region, int] = {}
        self._judged: dict[tuple[int, str, int, int], float] = {}

    @cached_property
    def _comparable(self) -> str | None:
        """Of the text before anything was masked, which hides words and makes none."""
        return comparable_as_a_whole(self.folded)

    def candidates(
        self, regions: Sequence[Region], kind: Kind, patterns: Sequence[Tried], begun: Places | None, index: int
    ) -> list[Candidate]:
        """Matches of ``patterns`` of one kind in ``regions``, surely or less so; an error is noted with its name.

        Those that are followed begin where they have ``begun``, or anywhere if that is not known.
        """
        try:
            return self._candidates(regions, kind, patterns, begun, index)
        except Exception as error:
            error.add_note(kind.name)
            raise

    def _candidates(
        self, regions: Sequence[Region], kind: Kind, patterns: Sequence[Tried], begun: Places | None, index: int
    ) -> list[Candidate]:
        found: list[Candidate] = []
        cued: dict[Region, list[Region]] = {}
        for pattern, elsewhere, needs_cue, number, elsewhere_number in patterns:
            if begun is not None and number is not None and number not in begun:
                continue
            sought = _Sought(pattern, _starts(begun, number))
            for low, high in regions:
                if kind.run and self._longest_run(low, high) < kind.run:
                    continue
                matches = sought.matches(self.folded, low, high, high)
                if needs_cue:
                    if next(matches, None) is None:
                        continue
                    if (low, high) not in cued:
                        cued[low, high] = self._cued(kind, low, high)
                    other = elsewhere and _Sought(elsewhere, _starts(begun, elsewhere_number))
                    matches = self._where_cued(sought, cued[low, high], other, low, high)
                found += self._confident(matches, high, kind, index)
        return found

    def _where_cued(
        self, sought: _Sought, cued: Sequence[Region], elsewhere: _Sought | None, low: int, high: int
    ) -> Iterator[re.Match[str]]:
        """Matches in a region of what is ``sought`` where it is ``cued``, of another or none in between, in order."""
        for first, last in cued:
            if elsewhere:
                yield from elsewhere.matches(self.folded, low, first, high)
            yield from sought.matches(self.folded, first, last, high)
            low = last
        if elsewhere:
            yield from elsewhere.matches(self.folded, low, high, high)

    def _longest_run(self, low: int, high: int) -> int:
        """Digits in a row between ``low`` and ``high``, or many where they are written apart; masked ones count too."""
        if (low, high) not in self._runs:
            text = self.folded[low:high]
            longest = max(map(len, _RUN.findall(text)), default=0)
            self._runs[low, high] = _MANY if stands_apart(text) else longest
        return self._runs[low, high]

    def _cued(self, kind: Kind, low: int, high: int) -> list[Region]:
        comparable = self._comparable
        return [(low, high)] if comparable is None else kind.cued_stretches(comparable, low, high)

    def _confident(self, matches: Iterable[re.Match[str]], high: int, kind: Kind, index: int) -> list[Candidate]:
        """Those of ``matches``, in order, that are of the ``kind``, of two that overlap the first."""
        position = 0
        found: list[Candidate] = []
        rejected: list[re.Match[str]] = []
        for match in matches:
            start, end = match.span()
            if start < position:
                continue
            confidence = self._confidence(match, high, len(self.folded), kind, index)
            if confidence > 0:
                found.append(Candidate(-confidence, start - end, start, index))
                if kind.in_rows:
                    found += self._row_before(start, rejected, high, kind, index)
                position = end
            elif kind.in_rows:
                rejected.append(match)
        return found

    def _row_before(
        self, start: int, rejected: list[re.Match[str]], high: int, kind: Kind, index: int
    ) -> Iterator[Candidate]:
        """Matches before the one found at ``start`` that were ``rejected`` for it, each found or given up now."""
        while rejected and start - CUE_AFTER < rejected[-1].end():
            match = rejected.pop()
            confidence = self._confidence(match, high, start, kind, index) if match.end() <= start else 0.0
            if confidence > 0:
                start = match.start()
                yield Candidate(-confidence, start - match.end(), start, index)
        rejected.clear()

    def _confidence(self, match: re.Match[str], high: int, seen: int, kind: Kind, index: int) -> float:
        """Confidence in a match of a region that ends at ``high``; nothing is seen from ``seen`` on."""
        folded = self.folded
        start, end = match.span()
        if end == high and end < len(folded):  # the region cuts it, not the text
            return 0.0
        low, top = start - CUE_BEFORE if start > CUE_BEFORE else 0, end + CUE_AFTER if end + CUE_AFTER < seen else seen
        place = index, folded[low:top], start - low, end - low
        confidence = self._judged.get(place)
        if confidence is None:
            if len(self._judged) == _MOST_JUDGED:
                self._judged.clear()
            before, after = folded[low:start].rpartition(MASK)[2], folded[end:top].partition(MASK)[0]
            confidence = self._judged[place] = kind.judge(match[0], before, after, self._language)
        return confidence
