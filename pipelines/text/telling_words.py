"""Which texts may hold a by-line or a notice: those with a word that tells of one, found by vector code."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel

# What makes a text worth a look: the first bytes of a word, and whether its letters may be capitals.
_TELLING_BYTES = 6
_TELLING = (
    ("기자", False),
    ("특파", False),
    ("무단", False),
    ("저작", False),
    ("©", False),
    ("ⓒ", False),
    ("(c)", True),
    ("rights", True),
    ("copyri", True),
    ("\nby ", True),
)
_ALL = (1 << len(_TELLING)) - 1
BYLINE = 9  # the one that tells an English by-line; the others tell anything else
_BLOCK = 1 << 13  # bytes that are gone through at once, so that they stay in the cache


@cache
def telling_table() -> NDArray[np.uint8]:
    """For each word of ``_TELLING`` its bytes, which of them count, and the bit that makes letters small."""
    table = np.zeros((3, len(_TELLING), _TELLING_BYTES), np.uint8)
    for index, (word, any_case) in enumerate(_TELLING):
        raw = word.encode()
        table[0, index, : len(raw)] = list(raw)
        table[1, index, : len(raw)] = 0xFF
        table[2, index, : len(raw)] = [0x20 if any_case and byte >= 0x41 else 0 for byte in raw]
    return table


@inner_kernel
def find_telling(offsets: Any, data: Any, telling: Any, selected: Any) -> None:
    """For each row, as bits, the telling words that it holds."""
    for row in range(len(offsets) - 1):
        selected[row] = telling_in(data[offsets[row] : offsets[row + 1]], telling, _ALL)


@inner_kernel
def telling_in(text: Any, telling: Any, among: int) -> Any:
    """Which of the telling words ``among`` are in the text, as bits; By has to begin a line."""
    size = len(text)
    if size <= _TELLING_BYTES:
        return 0
    found = 1 << BYLINE if text[0] == 0x42 and text[1] | 0x20 == 0x79 and text[2] == 0x20 else 0
    for start in range(0, size, _BLOCK):
        block = text[start : min(start + _BLOCK + _TELLING_BYTES - 1, size)]
        if _least_hint(block):
            continue
        for index in range(telling.shape[1]):
            if (among & ~found) >> index & 1:
                least = _least_difference(block, telling[0, index], telling[1, index], telling[2, index])
                found |= (least == 0) << index
    return found


@inner_kernel
def _least_hint(text: Any) -> Any:
    """0 where some of the bytes by which the telling words are known stand anywhere in ``text``, in one pass.

    It never misses a word; what it takes for one is looked for by ``_least_difference``.
    """
    second, third, fourth, fifth, sixth = text[1:], text[2:], text[3:], text[4:], text[5:]
    least = np.uint8(255)
    small = np.uint8(0x20)
    for at in range(len(text) - 5):
        a, b, c, d, e, f = text[at], second[at], third[at], fourth[at], fifth[at], sixth[at]
        author = (d ^ np.uint8(0xEC)) | (e ^ np.uint8(0x9E)) | ((f & np.uint8(0xFE)) ^ np.uint8(0x90))
        reporter, work = (b ^ np.uint8(0xB8)) | (c ^ np.uint8(0xB0)), (b ^ np.uint8(0xA0)) | (c ^ np.uint8(0x80))
        author |= min(np.uint8(reporter), np.uint8(work))  # 기자, 저작
        envoy = (b ^ np.uint8(0x8A)) | (c ^ np.uint8(0xB9)) | (e ^ np.uint8(0x8C)) | (f ^ np.uint8(0x8C))  # 특파
        ban = (b ^ np.uint8(0xAC)) | (c ^ np.uint8(0xB4)) | (e ^ np.uint8(0x8B)) | (f ^ np.uint8(0xA8))  # 무단
        sign = (a ^ np.uint8(0xC2)) | (b ^ np.uint8(0xA9))  # ©
        circled = (a ^ np.uint8(0xE2)) | (b ^ np.uint8(0x93)) | (c ^ np.uint8(0x92))  # ⓒ
        bracketed = (a ^ np.uint8(0x28)) | ((b | small) ^ np.uint8(0x63)) | (c ^ np.uint8(0x29))  # (c)
        rights = ((c | small) ^ np.uint8(0x67)) | ((d | small) ^ np.uint8(0x68)) | ((e | small) ^ np.uint8(0x74))
        rights |= ((a | small) ^ np.uint8(0x72)) | ((f | small) ^ np.uint8(0x73))
        copyright_ = ((c | small) ^ np.uint8(0x70)) | ((d | small) ^ np.uint8(0x79)) | ((f | small) ^ np.uint8(0x69))
        by = (a ^ np.uint8(0x0A)) | ((b | small) ^ np.uint8(0x62)) | ((c | small) ^ np.uint8(0x79))
        by |= d ^ small  # By at the beginning of a line
        korean, notice = min(np.uint8(author), np.uint8(envoy), np.uint8(ban)), min(np.uint8(sign), np.uint8(circled))
        latin = min(np.uint8(bracketed), np.uint8(rights), np.uint8(copyright_), np.uint8(by))
        least = min(least, korean, notice, latin)
    return least


@inner_kernel
def _least_difference(text: Any, word: Any, mask: Any, case: Any) -> Any:
    """0 where ``word`` is somewhere in ``text``, in the bits of ``mask``, letters in any case where ``case`` is set.

    A smallest difference over all positions compiles to vector code, which a search that stops does not.
    """
    second, third, fourth, fifth, sixth = text[1:], text[2:], text[3:], text[4:], text[5:]
    least = np.uint8(255)
    a, b, c, d, e, f = word[0], word[1], word[2], word[3], word[4], word[5]
    g, h, i, j, k, m = mask[0], mask[1], mask[2], mask[3], mask[4], mask[5]
    n, o, p, q, r, t = case[0], case[1], case[2], case[3], case[4], case[5]
    for at in range(len(text) - 5):
        front = (((text[at] | n) ^ a) & g) | (((second[at] | o) ^ b) & h) | (((third[at] | p) ^ c) & i)
        back = (((fourth[at] | q) ^ d) & j) | (((fifth[at] | r) ^ e) & k) | (((sixth[at] | t) ^ f) & m)
        least = min(least, np.uint8(front | back))
    return least
