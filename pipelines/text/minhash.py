"""MinHash signatures of documents over shingles of letters and digits.

White space and punctuation do not count: Korean writers space freely, and shingles of words lose half of all copies in
which one space in twenty is missing. Signatures follow Broder (1997); each of the ``hashes`` permutations is a
multiply-add on 32 bits.
"""

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import decode_utf8, mix
from pipelines.core.seeds import derive
from pipelines.core.tables import kept_table

_BASE = np.uint64(0x100000001B3)
_CODE_POINTS = 0x110000
_LAST_LETTER = 0x323AF  # the planes beyond hold no letter or digit
_TOGETHER = 8  # values that are permuted in one pass


def signatures(texts: pa.StringArray, shingle: NDArray[np.int64], hashes: int, seed: int) -> NDArray[np.uint32]:
    """Signatures (rows x hashes) with shingles of ``shingle[row]`` characters (1 to 256)."""
    offsets, data = string_buffers(texts)
    multiply, add = _permutations(hashes, seed)
    out = np.full((len(texts), hashes), 0xFFFFFFFF, np.uint32)
    _signatures(offsets, data, folded_letters(), shingle, multiply, add, out)
    return out


def similarity(left: NDArray[np.uint32], right: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Estimated Jaccard similarity of pairs of signatures (rows x hashes each)."""
    return np.asarray((left == right).mean(axis=1))


def bands(signature: NDArray[np.uint32], count: int) -> NDArray[np.uint64]:
    """One 64-bit key (rows x count) for each of ``count`` groups of neighbouring hashes and the group's number."""
    rows, hashes = signature.shape
    out = np.empty((rows, count), np.uint64)
    _bands(signature, hashes // count, out)
    return out


def may_repeat(values: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """False for values (well mixed hashes) that occur once, but for one in ten or so; true for those that repeat."""
    size = 64
    while size < 8 * len(values):
        size *= 2
    once, twice = np.zeros(size // 64, np.uint64), np.zeros(size // 64, np.uint64)
    out = np.empty(len(values), np.bool_)
    _may_repeat(values, once, twice, out)
    return out


@cache
def _permutations(hashes: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """An odd factor and a summand of each."""
    numbers = np.array([derive(seed, "minhash", index) for index in range(2 * hashes)], np.uint64)
    return (numbers[:hashes] | np.uint64(1)).astype(np.uint32), numbers[hashes:].astype(np.uint32)


@kept_table
def folded_letters() -> NDArray[np.int32]:
    """For each code point the lower-case letter or digit that it counts as, 0 where it does not count."""
    table = np.zeros(_CODE_POINTS, np.int32)
    for code in range(_LAST_LETTER + 1):
        character = chr(code)
        if character.isalnum():
            lower = character.lower()
            table[code] = ord(lower) if len(lower) == 1 else code
    return table


@kernel
def _signatures(offsets: Any, data: Any, folded: Any, shingle: Any, multiply: Any, add: Any, out: Any) -> None:
    window = np.empty(256, np.uint64)
    waiting = np.empty(_TOGETHER, np.uint32)
    for row in range(len(offsets) - 1):
        length = shingle[row]
        oldest = np.uint64(1)
        for _ in range(length):
            oldest *= _BASE
        state = np.uint64(0)
        count = 0
        position, end = offsets[row], offsets[row + 1]
        while position < end:
            code, position = decode_utf8(data, position)
            letter = folded[code]
            if letter == 0:
                continue
            slot = count % length
            state = state * _BASE + np.uint64(letter)
            if count >= length:
                state -= window[slot] * oldest
            window[slot] = np.uint64(letter)
            count += 1
            if count >= length:
                waiting[(count - length) % _TOGETHER] = np.uint32(mix(state) >> np.uint64(32))
                if (count - length) % _TOGETHER == _TOGETHER - 1:
                    _permute(waiting, multiply, add, out[row])
        left = max(count - length + 1, 0) % _TOGETHER
        if count < length:
            waiting[0] = np.uint32(mix(state) >> np.uint64(32))
            left = 1
        if left:
            waiting[left:] = waiting[0]
            _permute(waiting, multiply, add, out[row])


@inner_kernel
def _permute(values: Any, multiply: Any, add: Any, least: Any) -> None:
    """Lower ``least`` to the smallest permuted value of each permutation; several values share a pass over these."""
    a, b, c, d = values[0], values[1], values[2], values[3]
    e, f, g, h = values[4], values[5], values[6], values[7]
    for index in range(len(least)):
        factor, summand = multiply[index], add[index]
        first = min(np.uint32(a * factor + summand), np.uint32(b * factor + summand))
        second = min(np.uint32(c * factor + summand), np.uint32(d * factor + summand))
        third = min(np.uint32(e * factor + summand), np.uint32(f * factor + summand))
        fourth = min(np.uint32(g * factor + summand), np.uint32(h * factor + summand))
        least[index] = min(least[index], first, second, third, fourth)


@inner_kernel
def _may_repeat(values: Any, once: Any, twice: Any, out: Any) -> None:
    mask = np.uint64(64 * len(once) - 1)
    for index in range(len(values)):
        place = (values[index] >> np.uint64(24)) & mask
        word, bit = np.int64(place >> np.uint64(6)), np.uint64(1) << (place & np.uint64(63))
        twice[word] |= once[word] & bit
        once[word] |= bit
    for index in range(len(values)):
        place = (values[index] >> np.uint64(24)) & mask
        out[index] = (twice[np.int64(place >> np.uint64(6))] >> (place & np.uint64(63))) & np.uint64(1) != 0


@inner_kernel
def _bands(signature: Any, width: int, out: Any) -> None:
    for row in range(out.shape[0]):
        for band in range(out.shape[1]):
            state = mix(np.uint64(band + 1))
            for index in range(band * width, (band + 1) * width):
                state = mix(state ^ np.uint64(signature[row, index]))
            out[row, band] = state
