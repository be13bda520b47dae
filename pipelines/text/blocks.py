"""Letters, syllables and other bytes of UTF-8 among 64 of a text, as bits of one integer."""

from typing import Any

import numpy as np

from pipelines.core.blocks import BLOCK, between, leading
from pipelines.core.kernel import inner_kernel

_ONE = np.uint64(1)


@inner_kernel
def letters_in(data: Any, position: Any) -> Any:
    """Bits of the ASCII letters."""
    return between(data, position, 0x61, 0x7A) | between(data, position, 0x41, 0x5A)


@inner_kernel
def syllables_in(data: Any, position: Any) -> Any:
    """Bits of the first bytes of Hangul syllables before U+D780, as ``starts_syllable`` has it; not of the last byte.

    Whether EA and ED begin one is told by the byte behind them.
    """
    from_ea = between(data, position, 0xEA, 0xEA) & between(data, position, 0xB0, 0xBF) >> _ONE
    before_ed = between(data, position, 0xED, 0xED) & between(data, position, 0x80, 0x9D) >> _ONE
    return between(data, position, 0xEB, 0xEC) | from_ea | before_ed


@inner_kernel
def continuations_in(data: Any, position: Any) -> Any:
    """Bits of the bytes of UTF-8 that go on with a character."""
    return between(data, position, 0x80, 0xBF)


@inner_kernel
def whole(bits: Any, syllables: Any) -> Any:
    """How many of the lowest bits of ``bits`` are set, without a character at the end of the block that is cut off."""
    run = leading(bits)
    if run == BLOCK:
        run -= np.int64(syllables >> np.uint64(62) & _ONE) * 2
        run -= np.int64(run == BLOCK) & np.int64(syllables >> np.uint64(63))
    return run
