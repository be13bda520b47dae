"""The compiled pass over windows of text that tells which patterns may begin to match in each; no other is tried."""

from collections.abc import Sequence
from functools import cache
from re import Pattern
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import kernel
from pipelines.core.kernels import decode_utf8
from pipelines.privacy.automaton import WORD, WORDS, automaton, sequence_numbers
from pipelines.privacy.kind import Kind

_FIRST = 1  # state
_BRACKET = 0x5B  # a placeholder has a capital behind it
_ANYWHERE = 1 << 62


class Tried(NamedTuple):
    """One of the patterns of a kind, what is tried in its stead where no cue is near, whether that is not itself.

    ``bit``: what `beginnings` tells it by, all bits where it is not followed, so that it may begin anywhere.
    """

    pattern: Pattern[str]
    elsewhere: Pattern[str] | None
    needs_cue: bool
    bit: int
    elsewhere_bit: int


class Followed(NamedTuple):
    """The patterns of a kind, their bits together, and the bits of their sequences."""

    tried: tuple[Tried, ...]
    bits: int
    sequences: int


def followed(kind: Kind) -> Followed:
    numbers = {pattern: number for number, pattern in enumerate(sequence_numbers())}
    tried = tuple(
        Tried(
            pattern, elsewhere, cued, *(1 << numbers[each] if each in numbers else -1 for each in (pattern, elsewhere))
        )
        for pattern, elsewhere, cued in kind.searches
    )
    bits = sequences = 0
    for each in tried:
        bits |= each.bit | (each.elsewhere_bit if each.elsewhere else 0)
        for pattern in (each.pattern, each.elsewhere):
            for sequence in sequence_numbers().get(pattern, ()) if pattern else ():
                sequences |= 1 << sequence
    return Followed(tried, bits, sequences)


@cache
def _first_sequences() -> NDArray[np.int64]:
    """By pattern, and the number of all at the end."""
    return np.cumsum([0, *map(len, sequence_numbers().values())])


def beginnings(
    data: NDArray[np.uint8],
    windows: tuple[NDArray[np.int64], NDArray[np.int64]],
    looked_at: tuple[NDArray[np.int64], NDArray[np.int64]],
    wanted: NDArray[np.uint64],
) -> tuple[list[int], NDArray[np.bool_]]:
    """Bits of the patterns that may begin to match in each window, ``data[starts[i]:ends[i]]`` alone.

    ``looked_at``: from which character to before which one that may be. ``wanted``: for each window the bits of the
    sequences that are looked for. Also tells of each window whether it may hold a placeholder, which the patterns see
    as something else.
    """
    starts, ends = windows
    may_hold = np.zeros(len(starts), bool)
    read = np.empty(int((ends - starts).max(initial=0)) + 1, np.uint8)
    begun = np.zeros((len(starts), WORDS), np.uint64)
    _find(data, starts, ends, *looked_at, wanted, automaton(), _first_sequences(), read, begun, may_hold)
    return [low | high << WORD for low, high in begun.tolist()], may_hold


def beginnings_in(texts: Sequence[str], wanted: NDArray[np.uint64]) -> list[int]:
    """Bits of the patterns that may begin to match in each of ``texts``, as the patterns see them."""
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([*map(len, encoded)], dtype=np.int64)
    everywhere = np.zeros(len(ends), np.int64), np.full(len(ends), _ANYWHERE)
    data = np.frombuffer(b"".join(encoded), np.uint8)
    return beginnings(data, (np.append(0, ends[:-1]), ends), everywhere, wanted)[0] if texts else []


@kernel
def _find(
    data: Any,
    starts: Any,
    ends: Any,
    firsts: Any,
    lasts: Any,
    wanted: Any,
    tables: Any,
    first_sequences: Any,
    read: Any,
    begun: Any,
    may_hold: Any,
) -> None:
    classes, allowed, following, may_begin, followed = tables
    for window in range(len(starts)):
        length, position = 0, starts[window]
        while position < ends[window]:
            code, position = decode_utf8(data, position)
            if code == _BRACKET and position < ends[window]:
                may_hold[window] |= 0x41 <= data[position] <= 0x5A
            read[length] = classes[min(code + 1, len(classes) - 1)]
            length += 1
        read[length] = classes[0]
        known_low = known_high = np.uint64(0)
        first = max(0, firsts[window])
        nearer = np.uint64(read[first - 1]) if first > 0 else np.uint64(len(allowed) - 1)
        farther = np.uint64(read[first - 2]) if first > 1 else np.uint64(len(allowed) - 1)
        for place in range(first, min(length, lasts[window])):
            low, high = wanted[window, 0] & allowed[farther, nearer, 0], wanted[window, 1] & allowed[farther, nearer, 1]
            farther, nearer = nearer, np.uint64(read[place])
            state = np.uint64(following[_FIRST, read[place]])
            found_low, found_high = may_begin[state, 0] & low, may_begin[state, 1] & high
            ahead = place + 1
            while ahead <= length and (followed[state, 0] & low) | (followed[state, 1] & high):
                state = np.uint64(following[state, read[ahead]])
                found_low, found_high = found_low | may_begin[state, 0] & low, found_high | may_begin[state, 1] & high
                ahead += 1
            if not (found_low & ~known_low) | (found_high & ~known_high):
                continue
            for pattern in range(len(first_sequences) - 1):
                all_begin = True
                for sequence in range(first_sequences[pattern], first_sequences[pattern + 1]):
                    bits = found_low if sequence < WORD else found_high
                    all_begin &= bits >> np.uint64(sequence % WORD) & np.uint64(1) != 0
                if all_begin:
                    begun[window, pattern // WORD] |= np.uint64(1) << np.uint64(pattern % WORD)
                    for sequence in range(first_sequences[pattern], first_sequences[pattern + 1]):
                        bit = np.uint64(1) << np.uint64(sequence % WORD)
                        if sequence < WORD:
                            known_low |= bit
                        else:
                            known_high |= bit
