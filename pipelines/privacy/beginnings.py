"""The compiled pass over windows of text that tells where patterns may begin to match; they are tried there alone."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from re import Pattern
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.bits import trailing_zeros
from pipelines.core.kernel import kernel
from pipelines.core.kernels import decode_utf8
from pipelines.privacy.automaton import WORD, automaton, in_words, sequence_numbers
from pipelines.privacy.kind import Kind
from pipelines.privacy.scan import with_room

Places = dict[int, list[int]]
"""Characters at which patterns may begin to match, in order, by the number of the pattern."""

_FIRST = 1  # state
_BRACKET = 0x5B  # a placeholder has a capital behind it
_ANYWHERE = 1 << 62
_FARTHEST = 48
"""Characters that are followed from one place: some patterns go on as long as the text. What is undecided may begin."""
_WINDOW, _PATTERN, _PLACE = range(3)


class Tried(NamedTuple):
    """One of the patterns of a kind, what is tried in its stead where no cue is near, whether that is not itself.

    ``number``: what `beginnings` tells it by; None where it is not followed, so that it may begin anywhere.
    """

    pattern: Pattern[str]
    elsewhere: Pattern[str] | None
    needs_cue: bool
    number: int | None
    elsewhere_number: int | None


class Followed(NamedTuple):
    """The patterns of a kind, their numbers, whether one of them is not followed, and the bits of their sequences."""

    tried: tuple[Tried, ...]
    numbers: frozenset[int]
    anywhere: bool
    sequences: int


def followed_uncued(kind: Kind) -> Followed:
    """What is tried of a kind where nothing vouches for it: of patterns that need a cue, those in their stead."""
    stead = dict(kind.cued_patterns)
    left = dict.fromkeys(stead.get(pattern, pattern) for pattern in kind.patterns)
    return followed(replace(kind, patterns=tuple(pattern for pattern in left if pattern), cued_patterns=()))


def followed(kind: Kind) -> Followed:
    numbers = {pattern: number for number, pattern in enumerate(sequence_numbers())}
    tried = tuple(
        Tried(pattern, elsewhere, cued, numbers.get(pattern), numbers.get(elsewhere) if elsewhere else None)
        for pattern, elsewhere, cued in kind.searches
    )
    patterns = {pattern for each in tried for pattern in each[:2] if pattern}
    sequences = 0
    for pattern in patterns:
        for sequence in sequence_numbers().get(pattern, ()):
            sequences |= 1 << sequence
    own = frozenset(numbers[pattern] for pattern in patterns if pattern in numbers)
    return Followed(tried, own, not patterns <= numbers.keys(), sequences)


class _Patterns(NamedTuple):
    """``of_sequence``: the pattern of each sequence; ``firsts``: bits of the first sequence of each pattern, in words;
    ``sequences``: by pattern the bits of all of its sequences, in words."""

    of_sequence: NDArray[np.int64]
    firsts: NDArray[np.uint64]
    sequences: NDArray[np.uint64]


@cache
def _patterns() -> _Patterns:
    numbers = sequence_numbers().values()
    of_sequence = np.repeat(np.arange(len(numbers)), [*map(len, numbers)])
    bits = [sum(1 << sequence for sequence in own) for own in numbers]
    return _Patterns(of_sequence, in_words([sum(1 << own.start for own in numbers)])[0], in_words(bits))


def beginnings(
    data: NDArray[np.uint8],
    windows: tuple[NDArray[np.int64], NDArray[np.int64]],
    looked_at: tuple[NDArray[np.int64], NDArray[np.int64]],
    wanted: NDArray[np.uint64],
) -> tuple[list[Places], NDArray[np.bool_]]:
    """Where patterns may begin to match in each window, ``data[starts[i]:ends[i]]`` alone.

    ``looked_at``: from which character to before which one that may be. ``wanted``: for each window the bits of the
    sequences that are looked for. Also tells of each window whether it may hold a placeholder, which the patterns see
    as something else.
    """
    starts, ends = windows
    may_hold = np.zeros(len(starts), bool)
    read = np.empty(int((ends - starts).max(initial=0)) + 1, np.uint8)
    begun = _find(data, starts, ends, *looked_at, wanted, automaton(), _patterns(), read, may_hold)
    if not len(begun):
        return [{} for _ in starts], may_hold
    keys = begun[:, _WINDOW] * len(sequence_numbers()) + begun[:, _PATTERN]
    order = np.argsort(keys, kind="stable")
    groups = np.flatnonzero(np.diff(keys[order], prepend=-1))
    places: list[Places] = [{} for _ in starts]
    limits = [*groups.tolist(), len(begun)]
    ordered = begun[order, _PLACE].tolist()
    for (window, pattern, _), first, last in zip(begun[order[groups]].tolist(), limits, limits[1:], strict=False):
        places[window][pattern] = ordered[first:last]
    return places, may_hold


def beginnings_in(
    texts: Sequence[str], wanted: NDArray[np.uint64], firsts: Sequence[int] | None = None
) -> list[Places]:
    """Where patterns may begin to match in each of ``texts``, as the patterns see them, from ``firsts`` on."""
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([*map(len, encoded)], dtype=np.int64)
    everywhere = np.array(firsts or [0] * len(ends), np.int64), np.full(len(ends), _ANYWHERE)
    data = np.frombuffer(b"".join(encoded), np.uint8)
    return beginnings(data, (np.append(0, ends[:-1]), ends), everywhere, wanted)[0] if texts else []


@kernel
def _add(begun: Any, count: int, window: int, place: int, found: Any, bits: Any, first: int, patterns: Any) -> Any:
    """Add to ``begun`` the patterns whose first sequences ``bits`` are, where all of their sequences are ``found``."""
    of_sequence, _, sequences = patterns
    while bits:
        pattern = of_sequence[first + np.int64(trailing_zeros(bits))]
        bits &= bits - np.uint64(1)
        low, high = sequences[pattern, 0], sequences[pattern, 1]
        if found[0] & low == low and found[1] & high == high:
            begun = with_room(begun, count)
            begun[count, _WINDOW], begun[count, _PATTERN], begun[count, _PLACE] = window, pattern, place
            count += 1
    return begun, count


@kernel
def _find(
    data: Any,
    starts: Any,
    ends: Any,
    firsts: Any,
    lasts: Any,
    wanted: Any,
    tables: Any,
    patterns: Any,
    read: Any,
    may_hold: Any,
) -> Any:
    classes, allowed, following, may_begin, followed = tables
    _, first_sequences, _ = patterns
    begun, count = np.empty((64, 3), np.int64), 0
    for window in range(len(starts)):
        length, position = 0, starts[window]
        while position < ends[window]:
            code, position = decode_utf8(data, position)
            if code == _BRACKET and position < ends[window]:
                may_hold[window] |= 0x41 <= data[position] <= 0x5A
            read[length] = classes[min(code + 1, len(classes) - 1)]
            length += 1
        read[length] = classes[0]
        first = max(0, firsts[window])
        nearer = np.uint64(read[first - 1]) if first > 0 else np.uint64(len(allowed) - 1)
        farther = np.uint64(read[first - 2]) if first > 1 else np.uint64(len(allowed) - 1)
        for place in range(first, min(length, lasts[window])):
            low, high = wanted[window, 0] & allowed[farther, nearer, 0], wanted[window, 1] & allowed[farther, nearer, 1]
            farther, nearer = nearer, np.uint64(read[place])
            state = np.uint64(following[_FIRST, read[place]])
            found_low, found_high = may_begin[state, 0] & low, may_begin[state, 1] & high
            ahead, farthest = place + 1, min(length, place + _FARTHEST)
            while (followed[state, 0] & low) | (followed[state, 1] & high):
                if ahead > farthest:
                    found_low, found_high = found_low | followed[state, 0] & low, found_high | followed[state, 1] & high
                    break
                state = np.uint64(following[state, read[ahead]])
                found_low, found_high = found_low | may_begin[state, 0] & low, found_high | may_begin[state, 1] & high
                ahead += 1
            if found_low | found_high:
                found = found_low, found_high
                begun, count = _add(begun, count, window, place, found, found_low & first_sequences[0], 0, patterns)
                begun, count = _add(begun, count, window, place, found, found_high & first_sequences[1], WORD, patterns)
    return begun[:count]
