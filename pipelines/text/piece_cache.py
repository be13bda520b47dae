"""Ids of the pieces met last, by their bytes: a table of fixed size whose slots are overwritten, never a different id.

A slot is a row of eight integers, one line of the processor's cache: the up to 24 bytes of the piece as three of them;
its length times two plus its mark (times 16, plus the number of ids); and up to eight ids, two to an integer.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import eight_bytes, mix

LONGEST_KEPT = 24
KEPT_IDS = 8
_FIELDS = 8
_SLOTS = 1 << 18
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FNV_PRIME = np.uint64(0x100000001B3)


class PieceCaches:
    """Caches that calls take and give back, so that one is never in use by two threads."""

    def __init__(self) -> None:
        self._free: list[NDArray[np.int64]] = []

    def take(self, text_bytes: int) -> NDArray[np.int64]:
        """A cache of a size for so much text, 16 MiB at most."""
        slots = min(_SLOTS, 1 << max(4, (text_bytes // 16).bit_length()))
        try:
            kept = self._free.pop()
        except IndexError:
            kept = np.zeros(0, np.int64)
        return kept if len(kept) >= slots * _FIELDS else np.zeros(slots * _FIELDS, np.int64)

    def give_back(self, cache: NDArray[np.int64]) -> None:
        """Keep the cache for the next call; only one, whatever number of threads there were."""
        self._free = [cache]


@inner_kernel
def cache_slot(cache: Any, data: Any, start: Any, length: Any, mark: Any) -> Any:
    """Where the ids of a piece are or are to be kept, and their number; 0 where another piece, or none, is there."""
    first = np.int64(eight_bytes(data, start, length))
    second = np.int64(eight_bytes(data, start + 8, length - 8)) if length > 8 else np.int64(0)
    third = np.int64(eight_bytes(data, start + 16, length - 16)) if length > 16 else np.int64(0)
    kind = (2 * length + mark) << 4
    state = (np.uint64(first) * _GOLDEN ^ np.uint64(second)) * _FNV_PRIME ^ np.uint64(third) ^ np.uint64(kind)
    slot = np.int64(mix(state) & np.uint64(len(cache) // _FIELDS - 1)) * _FIELDS
    known = cache[slot + 3] ^ kind
    if known < 16 and known >= 0 and cache[slot] == first and cache[slot + 1] == second and cache[slot + 2] == third:
        return slot, known
    cache[slot] = first
    cache[slot + 1] = second
    cache[slot + 2] = third
    cache[slot + 3] = kind
    return slot, np.int64(0)


@inner_kernel
def kept_ids(cache: Any, slot: Any, count: Any, ids: Any, used: Any) -> None:
    """Write the ids kept in a slot to ``ids`` from ``used`` on."""
    for index in range(count):
        ids[used + index] = (cache[slot + 4 + (index >> 1)] >> (32 * (index & 1))) & 0xFFFFFFFF


@inner_kernel
def keep_ids(cache: Any, slot: Any, ids: Any, count: Any) -> None:
    """Keep the ids of the piece for which ``cache_slot`` gave this slot."""
    cache[slot + 3] |= count
    for index in range(0, count, 2):
        cache[slot + 4 + (index >> 1)] = ids[index]
    for index in range(1, count, 2):
        cache[slot + 4 + (index >> 1)] |= ids[index] << 32
