"""Text made readable again: expressive runs shortened, half-width and stray jamo brought back to Hangul."""

import unicodedata
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.bits import copy_bytes
from pipelines.core.blocks import BLOCK, between, equal_to_next, lowest
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import decode_utf8, encode_utf8
from pipelines.text.blocks import continuations_in, letters_in, syllables_in, whole
from pipelines.text.rows import put_rows, take_rows
from pipelines.text.utf8 import starts_syllable

COUNTS = ("runs_shortened", "characters_in_runs_removed", "half_width_jamo", "stray_jamo")
_RUNS, _CHARACTERS, _HALF_WIDTH, _STRAY = range(4)
_LONGEST_RUN = 3

# Letters, digits and the marks that rules, tables, forms and masked numbers are drawn with stay as they are.
_EXPRESSIVE = "!?.~…^;,ㆍ♡♥★☆♪♬～！？｡。"
_EMOJI = ((0x1F300, 0x1F650), (0x1F680, 0x1F700), (0x1F900, 0x1FA00), (0x2600, 0x27C0))
_FIRST_JAMO, _LAST_JAMO = 0x1100, 0x11FF
_FIRST_HALF_WIDTH, _LAST_HALF_WIDTH = 0xFFA1, 0xFFDC
_FIRST_COMPATIBILITY, _LAST_COMPATIBILITY = 0x3131, 0x318E


def repair(texts: pa.StringArray | pa.ChunkedArray, longest_run: int = _LONGEST_RUN) -> pa.StringArray:
    """Each normalised text with expressive runs and jamo repaired. Idempotent, linear time, and still normalised.

    A run of one compatibility jamo (ㅋㅋㅋㅋ), of one of ``! ? . ~`` and the like or of one emoji is shortened to
    ``longest_run`` (2 or more). Half-width jamo become syllables where they make one, else compatibility jamo, and so
    do conjoining jamo that make no syllable. Compatibility jamo stay: ㅋㅋ is text.
    """
    return repair_counted(texts, longest_run)[0]


def repair_counted(
    texts: pa.StringArray | pa.ChunkedArray, longest_run: int = _LONGEST_RUN
) -> tuple[pa.StringArray, dict[str, int]]:
    """``repair`` with integer counts of what it did (``COUNTS``, ``rows_changed``)."""
    offsets, data = string_buffers(texts)
    selected = np.zeros(len(offsets) - 1, np.bool_)
    _needs_repair(offsets, data, min(longest_run, 3), selected)
    offsets, data = string_buffers(take_rows(texts, selected))
    out, out_offsets = np.empty(len(data), np.uint8), np.zeros(len(offsets), np.int64)
    changed = np.zeros(len(offsets) - 1, np.bool_)
    counts = np.zeros(len(COUNTS), np.int64)
    plain, expressive = _tables()
    _repair(offsets, data, plain, expressive, longest_run, out, out_offsets, changed, counts)
    named = dict(zip(COUNTS, counts.tolist(), strict=True)) | {"rows_changed": int(changed.sum())}
    return put_rows(texts, selected, string_array(out_offsets, out[: out_offsets[-1]])), named


@cache
def _tables() -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Compatibility jamo of each conjoining and half-width one (0: none), and what makes an expressive run."""
    plain = np.zeros(0x10000, np.int32)
    letters = {
        unicodedata.name(chr(code)).removeprefix("HANGUL LETTER "): code
        for code in range(_FIRST_COMPATIBILITY, _LAST_COMPATIBILITY + 1)
        if unicodedata.name(chr(code), "").startswith("HANGUL LETTER ")
    }
    for first, last in ((_FIRST_JAMO, _LAST_JAMO), (_FIRST_HALF_WIDTH, _LAST_HALF_WIDTH)):
        for code in range(first, last + 1):
            name = unicodedata.name(chr(code), "")
            for prefix in ("HANGUL CHOSEONG ", "HANGUL JUNGSEONG ", "HANGUL JONGSEONG ", "HALFWIDTH HANGUL LETTER "):
                if name.startswith(prefix):
                    plain[code] = letters.get(name.removeprefix(prefix), 0)
    expressive = np.zeros(0x110000, np.bool_)
    for character in _EXPRESSIVE:
        expressive[ord(character)] = True
    for start, stop in (*_EMOJI, (_FIRST_COMPATIBILITY, _LAST_COMPATIBILITY + 1)):
        expressive[start:stop] = True
    return plain, expressive


@inner_kernel
def _needs_repair(offsets: Any, data: Any, run: int, selected: Any) -> None:
    """Rows that may hold a run over ``run`` (2 or 3) or a jamo to bring back.

    The smallest difference to what is looked for is 0 where it is found: a reduction that compiles to vector code.
    """
    for row in range(len(offsets) - 1):
        text = data[offsets[row] : offsets[row + 1]]
        size = len(text)
        least = np.uint8(255)
        if size > 3:
            second, third, last = text[1:], text[2:], text[run:]
            for at in range(size - 3):
                byte = text[at]
                same = np.uint8((byte ^ second[at]) | (byte ^ third[at]) | (byte ^ last[at]))
                stop = min(np.uint8(byte ^ np.uint8(0x2E)), np.uint8(byte ^ np.uint8(0x21)))
                wave = min(np.uint8(byte ^ np.uint8(0x7E)), np.uint8(byte ^ np.uint8(0x5E)))
                wave = min(wave, np.uint8(byte ^ np.uint8(0x3F)))
                comma = min(np.uint8(byte ^ np.uint8(0x2C)), np.uint8(byte ^ np.uint8(0x3B)))
                least = min(least, np.uint8(same | min(stop, wave, comma)))
            for at in range(size - 2):
                jamo = np.uint8((text[at] ^ np.uint8(0xE1)) | ((second[at] & np.uint8(0xFC)) ^ np.uint8(0x84)))
                half = np.uint8((text[at] ^ np.uint8(0xEF)) | ((second[at] & np.uint8(0xFE)) ^ np.uint8(0xBE)))
                least = min(least, jamo, half)
        elif size == 3:
            least = np.uint8(0)
        if size > 3 * run + 2:
            b, c, d, e, f = text[1:], text[2:], text[3:], text[4:], text[5:]
            g, h, k = text[3 * run :], text[3 * run + 1 :], text[3 * run + 2 :]
            for at in range(size - 3 * run - 2):
                byte = text[at]
                near = np.uint8((byte ^ d[at]) | (b[at] ^ e[at]) | (c[at] ^ f[at]))
                lead = min(np.uint8(byte ^ np.uint8(0xE2)), np.uint8(byte ^ np.uint8(0xE3)))
                lead = min(lead, np.uint8(byte ^ np.uint8(0xEF)))
                least = min(least, np.uint8(near | lead | (byte ^ g[at]) | (b[at] ^ h[at]) | (c[at] ^ k[at])))
        if size > 4 * run + 3:
            b, c, d, e, f = text[2:], text[3:], text[4:], text[6:], text[7:]
            for at in range(size - 7):
                byte = text[at]
                near = np.uint8((byte ^ d[at]) | (b[at] ^ e[at]) | (c[at] ^ f[at]) | (byte ^ np.uint8(0xF0)))
                least = min(least, near)
        selected[row] = least == 0


@inner_kernel
def _repair(
    offsets: Any,
    data: Any,
    plain: Any,
    expressive: Any,
    longest_run: int,
    out: Any,
    out_offsets: Any,
    changed: Any,
    counts: Any,
) -> None:
    written = 0
    for row in range(len(offsets) - 1):
        position, stop = offsets[row], offsets[row + 1]
        before = counts.sum()
        previous, run, made_of_half_width = 0, 0, False
        while position < stop:
            byte = data[position]
            if starts_syllable(data, position) or (byte < 0x80 and not expressive[byte]):
                size: Any = np.int64(1 if byte < 0x80 else 3)
                if position + BLOCK < len(data):
                    # What is written behind the run is written over; never more was written than read.
                    copy_bytes(data, position, BLOCK, out, written)
                    size = _sound_run(data, position, stop)
                else:
                    copy_bytes(data, position, size, out, written)
                written += size
                position += size
                previous, made_of_half_width = 0, False
                continue
            start = position
            code, position = decode_utf8(data, position)
            jamo: Any = 0
            half_width = False
            if code >= 0x1100 and code < 0x10000 and plain[code]:
                jamo = plain[code]
                half_width = code >= 0xFFA1
                counts[_HALF_WIDTH if half_width else _STRAY] += 1
                if half_width and made_of_half_width:
                    head, syllable = _joined(previous, jamo)
                    if syllable:
                        written -= 3
                        if head:
                            written = encode_utf8(head, out, written)
                        written = encode_utf8(syllable, out, written)
                        previous, run = syllable, 1
                        continue
                code = jamo
            run = run + 1 if code == previous else 1
            previous, made_of_half_width = code, half_width
            if run > longest_run and expressive[code]:
                counts[_RUNS] += run == longest_run + 1
                counts[_CHARACTERS] += 1
            elif jamo:
                written = encode_utf8(code, out, written)
            else:
                for at in range(start, position):
                    out[written] = data[at]
                    written += 1
        out_offsets[row + 1] = written
        changed[row] = counts.sum() != before


@inner_kernel
def _sound_run(data: Any, position: Any, stop: Any) -> Any:
    """Bytes from ``position``, where no expressive character stands, without any that repeats: ASCII and syllables."""
    syllables, ascii_ = syllables_in(data, position), between(data, position, 0x00, 0x7F)
    words = letters_in(data, position) | between(data, position, 0x30, 0x39) | between(data, position, 0x00, 0x20)
    runs = equal_to_next(data, position) & ascii_ & ~words
    ours = lowest(min(stop - position, BLOCK))
    run = whole((ascii_ & ~runs | syllables | continuations_in(data, position)) & ours, syllables)
    return max(run, np.int64(1))


@inner_kernel
def _joined(previous: int, jamo: int) -> Any:
    """(Syllable before or 0, syllable) that ``previous``, a letter or a syllable, makes with ``jamo``; (0, 0) for none.

    A final consonant moves on to the vowel that follows it.
    """
    if 0x314F <= jamo <= 0x3163:
        vowel = jamo - 0x314F
        if 0x3131 <= previous <= 0x314E:
            lead = _lead(previous)
            return (0, 0xAC00 + (lead * 21 + vowel) * 28) if lead >= 0 else (0, 0)
        if 0xAC00 <= previous <= 0xD7A3 and (previous - 0xAC00) % 28:
            lead = _lead(_letter_of_tail((previous - 0xAC00) % 28))
            if lead >= 0:
                return previous - (previous - 0xAC00) % 28, 0xAC00 + (lead * 21 + vowel) * 28
        return 0, 0
    if 0xAC00 <= previous <= 0xD7A3 and (previous - 0xAC00) % 28 == 0:
        for tail in range(1, 28):
            if _letter_of_tail(tail) == jamo:
                return 0, previous + tail
    return 0, 0


@inner_kernel
def _lead(letter: int) -> int:
    """Number of the leading consonant that a compatibility jamo is, -1 for none (clusters such as ㄳ)."""
    leads = (
        0,
        1,
        -1,
        2,
        -1,
        -1,
        3,
        4,
        5,
        -1,
        -1,
        -1,
        -1,
        -1,
        -1,
        -1,
        6,
        7,
        8,
        -1,
        9,
        10,
        11,
        12,
        13,
        14,
        15,
        16,
        17,
        18,
    )
    return leads[letter - 0x3131]


@inner_kernel
def _letter_of_tail(tail: int) -> int:
    """Compatibility jamo of the final consonant of that number, 1 to 27."""
    return 0x3131 + tail - 1 + (tail > 7) + (tail > 17) + (tail > 22)
