"""The compiled pass over windows of text that tells of which kinds a word is there that vouches for them.

A match of the patterns that need a cue counts near such a word alone, and most windows have none.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import decode_utf8
from pipelines.privacy.kind import Kind

_SLOTS = 4096
_SMALL = 0x20

EVERY_KIND = -1
"""All bits of kinds."""


class Vouchers(NamedTuple):
    """All words that vouch for a kind.

    ``words``: their bytes (uint8), one after the other, in small letters; ``offsets``: where each begins, in the order
    of the slots of their first characters; ``kinds``: for each the bits of the kinds; ``heads``: for each slot the
    number of its first word, one more at the end.
    """

    words: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    kinds: NDArray[np.int64]
    heads: NDArray[np.int64]

    @classmethod
    def of(cls, kinds: Sequence[Kind]) -> "Vouchers":
        bits: dict[str, int] = {}
        for index, kind in enumerate(kinds):
            for word in kind.vouchers if kind.cued_patterns else ():
                bits[word] = bits.get(word, 0) | 1 << index
        ordered = sorted(bits, key=lambda word: (ord(word[0]) % _SLOTS, word))
        encoded = [word.encode() for word in ordered]
        slots = [ord(word[0]) % _SLOTS for word in ordered]
        return cls(
            np.frombuffer(b"".join(encoded), np.uint8),
            np.cumsum([0, *map(len, encoded)], dtype=np.int64),
            np.array([bits[word] for word in ordered], np.int64),
            np.searchsorted(slots, np.arange(_SLOTS + 1)).astype(np.int64),
        )


def vouched(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], vouchers: Vouchers
) -> NDArray[np.int64]:
    """For each ``data[starts[i]:ends[i]]`` the bits of the kinds of which a voucher stands in it, written in any case.

    All bits where a letter stands in it of which not all that it may be compared as is known here.
    """
    found = np.zeros(len(starts), np.int64)
    _find(data, starts, ends, vouchers, found)
    return found


@inner_kernel
def _small(byte: Any) -> Any:
    return byte | _SMALL if 0x41 <= byte <= 0x5A else byte


@inner_kernel
def _is_compared_as_it_is(code: Any) -> Any:
    """Whether a character beyond ASCII has no small letter and no other form: Hangul, Chinese, common signs."""
    return 0xAC00 <= code <= 0xD7A3 or 0x3000 <= code <= 0x9FFF or 0x2010 <= code <= 0x2027 or code == 0xB7


@kernel
def _find(data: Any, starts: Any, ends: Any, vouchers: Any, found: Any) -> None:
    words, offsets, kinds, heads = vouchers
    for window in range(len(starts)):
        position, stop = starts[window], ends[window]
        seen = np.int64(0)
        while position < stop:
            code, after = decode_utf8(data, position)
            if code >= 0x80 and not _is_compared_as_it_is(code):
                seen = np.int64(EVERY_KIND)
                break
            slot = (_small(code) if code < 0x80 else code) % _SLOTS
            for word in range(heads[slot], heads[slot + 1]):
                length = offsets[word + 1] - offsets[word]
                same = position + length <= stop
                byte = 0
                while same and byte < length:
                    same = _small(data[position + byte]) == words[offsets[word] + byte]
                    byte += 1
                if same:
                    seen |= kinds[word]
            position = after
        found[window] = seen
