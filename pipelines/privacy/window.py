"""Which kinds of personal data stand in one window of text, and which of two that overlap."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import count

from pipelines.privacy.candidates import Candidate, Reader
from pipelines.privacy.fold import MASK, end_of_syllable, fold
from pipelines.privacy.kind import Kind
from pipelines.privacy.regions import Trial, around, common, opened, trials

_NEIGHBOURHOOD = 96
_MOST_ROUNDS = 64  # ordinary text takes two or three


class UnfinishedError(Exception):
    """A window in which there is no end of finds; it says nothing of the text, its notes name the kinds that find."""


def search(
    text: str,
    language: str,
    kinds: Sequence[Kind],
    tried: Sequence[Trial],
    cores: Sequence[Sequence[int]],
    plain: bool = False,
) -> list[tuple[int, int, int]]:
    """Start, end (in ``text``) and index in ``kinds`` of what stands in one window, by start, never overlapping.

    ``tried`` says around which of the ``cores`` (start, end, bits of what the gate saw, digits) each kind is tried;
    ``plain``: the text is known to need no folding. What is found is masked and its neighbourhood is looked at again,
    until nothing new is found: a second scrub would see a placeholder there, and must not find what this one did not.
    Raises UnfinishedError where that does not come to an end, so that the time is bounded, and the same text fails on
    every machine.
    """
    folded, original, rewritten = fold(text, plain)
    if original is not None:
        cores = [(bisect_left(original, start), bisect_left(original, end), *shown) for start, end, *shown in cores]
    places = opened(tried, cores, len(folded), count_digits=not rewritten)
    reader = Reader(folded, language)
    regions = places
    chosen: list[Candidate] = []
    accepted: list[Candidate] = []
    for round_number in count():
        if not regions:
            break
        if round_number == _MOST_ROUNDS:
            raise _noted(UnfinishedError(), {kinds[candidate.kind] for candidate in accepted})
        accepted = _without_overlaps(
            candidate for index, own in regions.items() for candidate in reader.candidates(own, kinds[index], index)
        )
        if not accepted:
            break
        chosen += accepted
        reader.folded = _masked(reader.folded, accepted)
        near = around([(candidate.start, candidate.end) for candidate in accepted], _NEIGHBOURHOOD, len(folded))
        regions = {index: shared for index, own in places.items() if (shared := common(own, near))}
    found = sorted((candidate.start, candidate.end, candidate.kind) for candidate in chosen)
    if original is None:
        return found
    return [
        (int(original[start]), end_of_syllable(text, int(original[end - 1]) + 1), kind) for start, end, kind in found
    ]


def _noted(error: UnfinishedError, kinds: Collection[Kind]) -> UnfinishedError:
    for name in sorted(kind.name for kind in kinds):
        error.add_note(name)
    return error


def search_everywhere(text: str, language: str, kinds: Sequence[Kind]) -> list[tuple[int, int, int]]:
    """What ``search`` gives where every kind is tried everywhere, as without a gate."""
    return search(text, language, kinds, trials(kinds, [1] * len(kinds)), [(0, len(text), 1, len(text))])


def _without_overlaps(candidates: Iterator[Candidate]) -> list[Candidate]:
    """The first of each set of candidates that overlap, by start."""
    accepted: list[Candidate] = []
    starts: list[int] = []
    for candidate in sorted(candidates):
        place = bisect_right(starts, candidate.start)
        free_before = place == 0 or accepted[place - 1].end <= candidate.start
        if free_before and (place == len(starts) or candidate.end <= starts[place]):
            starts.insert(place, candidate.start)
            accepted.insert(place, candidate)
    return accepted


def _masked(folded: str, accepted: Sequence[Candidate]) -> str:
    pieces, position = [], 0
    for candidate in accepted:
        pieces += [folded[position : candidate.start], MASK * -candidate.shortness]
        position = candidate.end
    return "".join(pieces) + folded[position:] if pieces else folded
