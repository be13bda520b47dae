"""How much of a text repeats: equal lines and paragraphs, and word n-grams as Gopher counts them.

Repetition of word n-grams follows Gopher (Rae et al. 2021, appendix A): top 2- to 4-grams and duplicate 5- to 10-grams.
A longer n-gram can only repeat where both shorter ones inside it do (Agrawal and Srikant 1994), so beyond single words
the counting touches few positions.
"""

from typing import Any

import numpy as np

from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import mix

_ODD = np.uint64(0x9E3779B97F4A7C15)


@inner_kernel
def count_duplicates(hashes: Any, lengths: Any, count: int, table: Any, out: Any) -> None:
    """How many of ``hashes[:count]`` stood before, and their summed lengths, into ``out[0]`` and ``out[1]``."""
    keys, _ = table
    slots = _clear(table, count)
    for index in range(count):
        slot = _slot(keys, slots - 1, hashes[index])
        if keys[slot]:
            out[0] += 1
            out[1] += lengths[index]
        keys[slot] = hashes[index]


@inner_kernel
def count_repetition(words: Any, count: int, table: Any, unrepeated: bool, out: Any) -> None:
    """Add what one window of ``count`` words repeats to ``out``.

    Distinct words, the most frequent one, characters of the top 2- to 4-grams and of the duplicate 5- to 10-grams. With
    ``unrepeated`` the first n-gram is the top one where none repeats, as a counter that is asked for its maximum says.
    """
    hashes, lengths, grams, positions, slot_of = words
    keys, tallies = table
    candidates = count
    for at in range(count):
        grams[at], positions[at] = hashes[at], at
    for size in range(1, 11):
        if size > 1:
            candidates = _lengthened(hashes, count, grams, positions, candidates, size)
        slots = _clear(table, candidates)
        distinct = 0
        for index in range(candidates):
            slot = _slot(keys, slots - 1, grams[index])
            distinct += keys[slot] == 0
            keys[slot] = grams[index]
            tallies[slot] += 1
            slot_of[index] = slot
        most, first, repeated = 1, 0, 0
        for index in range(candidates):
            # Every other word repeats, and nobody could say which: all are written, the last over those that do not.
            tally = tallies[slot_of[index]]
            grams[repeated], positions[repeated], slot_of[repeated] = grams[index], positions[index], slot_of[index]
            repeated += tally > 1
            if tally > most:
                most, first = tally, positions[index]
        candidates = repeated
        if size == 1:
            out[0] += distinct
            out[1] += most
        elif size <= 4:
            if most > 1 or (unrepeated and count >= size):
                out[size] += most * (lengths[first : first + size].sum() + size - 1)
        else:
            free = 0
            for index in range(candidates):
                at = positions[index]
                if at < free:
                    continue
                if tallies[slot_of[index]] < 0:
                    out[size] += lengths[at : at + size].sum()
                    free = at + size
                tallies[slot_of[index]] = -1
        if candidates == 0 and not (unrepeated and size < 4):
            break


@inner_kernel
def _lengthened(hashes: Any, count: int, grams: Any, positions: Any, candidates: int, size: int) -> Any:
    """Make the n-grams of ``size`` words that may repeat from those one shorter: both inside it do."""
    kept = 0
    for index in range(candidates - 1):
        at = positions[index]
        together = positions[index + 1] == at + 1
        grams[kept], positions[kept] = mix(grams[index] * _ODD ^ hashes[min(at + size, count) - 1]), at
        kept += together
    return kept


@inner_kernel
def _clear(table: Any, count: int) -> Any:
    """Empty as much of ``table`` as ``count`` keys need; returns the number of slots, a power of two."""
    slots = 16
    while slots < 2 * count:
        slots *= 2
    table[0][:slots] = 0
    table[1][:slots] = 0
    return slots


@inner_kernel
def _slot(keys: Any, mask: int, key: Any) -> Any:
    slot = np.int64(key & np.uint64(mask))
    while keys[slot] != 0 and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot
