"""Tables of names that compiled loops look words up in."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import hash_bytes, hash_strings


class NameTable(NamedTuple):
    """Byte strings by their hash with seed 0: open addressing, names and values end to end."""

    slots: NDArray[np.int32]
    name_offsets: NDArray[np.int64]
    names: NDArray[np.uint8]
    value_offsets: NDArray[np.int64]
    values: NDArray[np.uint8]


def name_table(values: dict[str, bytes]) -> NameTable:
    """Table of names and values; a compiled loop looks names up in it with ``find_name``."""
    name_offsets, names = string_buffers(pa.array(list(values), pa.string()))
    value_offsets, value_bytes = string_buffers(pa.array(list(values.values()), pa.binary()))
    hashes = np.empty(len(values), np.uint64)
    hash_strings(name_offsets, names, 0, hashes)
    slots = np.full(1 << (4 * len(values)).bit_length(), -1, np.int32)
    for index, value in enumerate(hashes.tolist()):
        slot = value & (len(slots) - 1)
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = index
    return NameTable(slots, name_offsets, names, value_offsets, value_bytes)


@inner_kernel
def find_name(names: Any, name: Any, length: int) -> Any:
    """Index of ``name[:length]`` among ``names``, -1 when it is not there."""
    slots, offsets, data = names[0], names[1], names[2]
    mask = len(slots) - 1
    slot = np.int64(hash_bytes(name, 0, length, 0) & np.uint64(mask))
    while slots[slot] >= 0:
        index = slots[slot]
        begin = offsets[index]
        if offsets[index + 1] - begin == length:
            same = True
            for at in range(length):
                same &= data[begin + at] == name[at]
            if same:
                return index
        slot = (slot + 1) & mask
    return -1
