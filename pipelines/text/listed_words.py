"""The words that speak for or against the end of a sentence: what each is listed as, in one hash set.

A word is its characters, eight bits each if it is ASCII, else sixteen.
"""

from typing import Any

import numpy as np

from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import decode_utf8, mix

INNER, QUOTATIVE, SAYING, TITLE, NUMBERED, ABBREVIATION, STARTER = (1 << bit for bit in range(7))
FLAGS = {
    "inner": INNER,
    "quotative": QUOTATIVE,
    "saying": SAYING,
    "title": TITLE,
    "numbered": NUMBERED,
    "abbreviation": ABBREVIATION,
    "starter": STARTER,
}


@inner_kernel
def look_up(keys: Any, flags: Any, key: Any) -> Any:
    mask = np.int64(len(keys) - 1)
    slot = np.int64(mix(key)) & mask
    while flags[slot] and keys[slot] != key:
        slot = (slot + 1) & mask
    return flags[slot]


@inner_kernel
def prefix_flags(data: Any, start: Any, stop: Any, keys: Any, flags: Any) -> Any:
    """What the first two or three syllables of a word are listed as, or its one syllable where it has one."""
    found = np.int64(0)
    single = np.int64(0)
    key = np.int64(0)
    position = start
    length = 0
    while position < stop and length < 3:
        code, position = decode_utf8(data, position)
        if not 0xAC00 <= code < 0xD7A4:
            break
        key = (key << 16) | np.int64(code)
        length += 1
        if length == 1:
            single = key
        else:
            found |= look_up(keys, flags, key)
    return look_up(keys, flags, single) if length == 1 else found


@inner_kernel
def latin_flags(data: Any, start: Any, stop: Any, keys: Any, flags: Any) -> Any:
    """What ``data[start:stop]``, in lower case, is listed as."""
    if stop - start > 8:
        return np.int64(0)
    key = np.int64(0)
    for position in range(start, stop):
        byte = np.int64(data[position])
        key = (key << 8) | (byte + 32 if 65 <= byte <= 90 else byte)
    return look_up(keys, flags, key)
