"""Text in one canonical form: NFC, one kind of newline, one kind of space, nothing invisible."""

import unicodedata
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.bits import copy_bytes
from pipelines.core.blocks import BLOCK, between, lowest
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import decode_utf8, encode_utf8
from pipelines.text.blocks import continuations_in, syllables_in, whole
from pipelines.text.unicode import (
    COMPOSING,
    CONTROL,
    EMOJI,
    FILLER,
    FORMAT,
    JAMO,
    JOINER,
    KEEP,
    NEWLINE,
    SPACE,
    text_classes,
)
from pipelines.text.utf8 import starts_syllable

COUNTS = (
    "hangul_syllables_composed",
    "newlines_unified",
    "control_characters_removed",
    "format_characters_removed",
    "spaces_unified",
    "whitespace_removed",
)
_HANGUL, _NEWLINES, _CONTROL, _FORMAT, _SPACES, _WHITESPACE = range(6)

_FILLERS_SEEN = 12  # bytes, four fillers, on either side of one; longer runs are gaps
_SPACES_SEEN = 48  # bytes, sixteen syllables, on either side of a filler

# Whitespace and joiner that wait for the next visible character: bits of the kernel's ``pending``.
_A_SPACE, _A_NEWLINE, _TWO_NEWLINES, _A_JOINER = 1, 2, 4, 8


def normalise(texts: pa.StringArray | pa.ChunkedArray) -> pa.StringArray:
    """Canonical form of each text (valid UTF-8; null becomes the empty string). Idempotent, linear time.

    NFC (Unicode Standard Annex 15, conjoining jamo composed); CR LF, CR, NEL, VT, FF, U+2028 and U+2029 become a
    newline; other control characters and invisible format characters are removed (a zero-width joiner between emoji
    stays), and so are blank fillers within a number, an address, an identifier or, where spaces stand near, a Korean
    word, which they would hide; every other one and every Unicode space becomes one space; runs of spaces become one,
    none next to a newline; more than two newlines become two; both ends are trimmed. U+FFFD stays.
    """
    return normalise_counted(texts)[0]


def normalise_counted(
    texts: pa.StringArray | pa.ChunkedArray, rows: NDArray[np.bool_] | None = None
) -> tuple[pa.StringArray, dict[str, int]]:
    """``normalise`` with integer counts of what it changed (``COUNTS``, ``rows_composed``, ``rows_changed``).

    Only rows where ``rows`` is true are looked at when it is given; the others come back as they are.
    """
    offsets, data = string_buffers(texts)
    selected = np.ones(len(offsets) - 1, np.bool_) if rows is None else rows
    out, out_offsets = np.empty(len(data), np.uint8), np.zeros(len(offsets), np.int64)
    changed, composing = np.zeros(len(selected), np.bool_), np.zeros(len(selected), np.bool_)
    counts = np.zeros(len(COUNTS), np.int64)
    _clean(offsets, data, selected, text_classes(), out, out_offsets, changed, composing, counts)
    result = string_array(out_offsets, out[: out_offsets[-1]])
    result, rows_composed = _compose(result, composing, changed)
    named = dict(zip(COUNTS, counts.tolist(), strict=True))
    return result, named | {"rows_composed": rows_composed, "rows_changed": int(changed.sum())}


def _compose(
    texts: pa.StringArray, composing: NDArray[np.bool_], changed: NDArray[np.bool_]
) -> tuple[pa.StringArray, int]:
    """NFC of the rows that hold a combining mark or another character that NFC may change, which few rows do."""
    candidates = np.flatnonzero(composing)
    if not len(candidates):
        return texts, 0
    before = texts.take(pa.array(candidates)).to_pylist()
    after = [unicodedata.normalize("NFC", text) for text in before]
    differs = np.array([old != new for old, new in zip(before, after, strict=True)])
    changed[candidates] |= differs
    return pc.replace_with_mask(texts, pa.array(composing), pa.array(after, pa.string())), int(differs.sum())


@inner_kernel
def _clean(
    offsets: Any,
    data: Any,
    selected: Any,
    classes: Any,
    out: Any,
    out_offsets: Any,
    changed: Any,
    composing: Any,
    counts: Any,
) -> None:
    """All of ``normalise`` but the composition of marks; rows that may need that are set in ``composing``."""
    written = 0
    for row in range(len(offsets) - 1):
        position, stop = offsets[row], offsets[row + 1]
        begin = written
        if not selected[row]:
            copy_bytes(data, position, stop - position, out, written)
            written += stop - position
            out_offsets[row + 1] = written
            continue
        events = counts.sum()
        pending = 0
        while position < stop:
            byte = data[position]
            if 0x20 < byte < 0x7F or starts_syllable(data, position):
                if pending:
                    written = _flush(pending, False, begin, out, written, counts)
                    pending = 0
                run: Any = np.int64(1 if byte < 0x80 else 3)
                if position + BLOCK <= len(data):
                    # What is written behind the run is written over; never more was written than read.
                    copy_bytes(data, position, BLOCK, out, written)
                    run = _normal_run(data, position, stop)
                else:
                    copy_bytes(data, position, run, out, written)
                written += run
                position += run
                continue
            if byte == 0x20:
                counts[_WHITESPACE] += 1
                pending = (pending & ~_A_JOINER) | _A_SPACE
                position += 1
                continue
            start = position
            code, position = decode_utf8(data, position)
            kind = KEEP if 0xAC00 <= code <= 0xD7A3 else classes[code]
            if kind == FILLER and _hides_token(data, offsets[row], start, position, stop):
                kind = FORMAT
            if kind == SPACE or kind == FILLER:
                counts[_WHITESPACE] += 1
                counts[_SPACES] += 1
                pending = (pending & ~_A_JOINER) | _A_SPACE
            elif kind == NEWLINE:
                counts[_WHITESPACE] += 1
                if code != 0x0A:
                    counts[_NEWLINES] += 1
                    if code == 0x0D and position < stop and data[position] == 0x0A:
                        position += 1
                pending = _A_NEWLINE | _TWO_NEWLINES if pending & _A_NEWLINE else _A_NEWLINE
            elif kind == CONTROL:
                counts[_CONTROL] += 1
            elif kind == FORMAT:
                counts[_FORMAT] += 1
            elif kind == JOINER:
                counts[_FORMAT] += 1
                if pending == 0 and written > begin and classes[_last(out, written)] == EMOJI:
                    pending = _A_JOINER
            else:
                if pending:
                    written = _flush(pending, kind == EMOJI, begin, out, written, counts)
                elif kind == JAMO and written > begin:
                    syllable = _syllable(_last(out, written), code)
                    if syllable:
                        encode_utf8(syllable, out, written - 3)
                        counts[_HANGUL] += 1
                        continue
                pending = 0
                if kind == COMPOSING:
                    composing[row] = True
                for at in range(start, position):
                    out[written] = data[at]
                    written += 1
        out_offsets[row + 1] = written
        changed[row] = counts.sum() != events


@inner_kernel
def _normal_run(data: Any, position: Any, stop: Any) -> Any:
    """Bytes from ``position``, where no white space is, that stay as they are: ASCII, syllables, single white space."""
    syllables = syllables_in(data, position)
    visible = between(data, position, 0x21, 0x7E) | syllables | continuations_in(data, position)
    white = between(data, position, 0x20, 0x20) | between(data, position, 0x0A, 0x0A)
    ours = lowest(min(stop - position, BLOCK))
    visible &= ours
    # White space that does not stand before what stays may be one of several, or the last of the text.
    return whole(visible | white & visible >> np.uint64(1), syllables)


@inner_kernel
def _hides_token(data: Any, begin: int, start: int, end: int, stop: int) -> Any:
    """Whether blank fillers, of which one is ``data[start:end]``, stand within a number, an address or a word.

    A dash or what joins the parts of an address belongs to it wherever a letter or digit of ASCII is on the other side;
    a full stop or colon does unless a letter follows it, where one sentence or label ends and text begins. Several
    fillers between letters are a gap, but nobody types one of different fillers between syllables.
    """
    single = end - start
    first, last = max(begin, start - _FILLERS_SEEN), min(stop, end + _FILLERS_SEEN)
    while start - 3 >= first and _blank(data, start - 3):
        start -= 3
    while end + 3 <= last and _blank(data, end):
        end += 3
    if start == begin or end == stop:
        return False
    if (end - start == single or _differ(data, start, end)) and _splits_word(data, begin, start, end, stop):
        return True
    before, after = data[start - 1], data[end]
    digit_before, digit_after = 0x30 <= before <= 0x39, 0x30 <= after <= 0x39
    if end - start > single and not (digit_before or digit_after):
        return False
    if _letter_or_digit(before):
        return _letter_or_digit(after) or _joins(after) or _ends(after)
    return (digit_after and _ends(before)) or (_letter_or_digit(after) and _joins(before))


@inner_kernel
def _splits_word(data: Any, begin: int, start: int, end: int, stop: int) -> Any:
    """Whether ``data[start:end]`` stands between Hangul syllables in text whose words have spaces between them.

    Where no space is near, fillers may be what its words are told apart by.
    """
    if start - 3 < begin or end + 3 > stop or not (_is_syllable(data, start - 3) and _is_syllable(data, end)):
        return False
    for position in range(max(begin, start - _SPACES_SEEN), min(stop, end + _SPACES_SEEN)):
        if data[position] == 0x20:
            return True
    return False


@inner_kernel
def _differ(data: Any, start: int, end: int) -> bool:
    """Whether not all fillers of ``data[start:end]``, each of three bytes, are the same character."""
    for position in range(start + 3, end):
        if data[position] != data[position - 3]:
            return True
    return False


@inner_kernel
def _is_syllable(data: Any, position: int) -> Any:
    """Whether a Hangul syllable stands at ``position``, of which three bytes can be read."""
    first, second, third = data[position], data[position + 1], data[position + 2]
    if first == 0xED:
        return second < 0x9E or (second == 0x9E and third <= 0xA3)
    return first in (0xEB, 0xEC) or (first == 0xEA and second >= 0xB0)


@inner_kernel
def _blank(data: Any, position: int) -> Any:
    """Whether U+115F, U+1160, U+2800, U+3164 or U+FFA0 stands at ``position``, of which three bytes can be read."""
    first, second, third = data[position], data[position + 1], data[position + 2]
    if first == 0xE1:
        return second == 0x85 and (third == 0x9F or third == 0xA0)
    if first == 0xE2:
        return second == 0xA0 and third == 0x80
    if first == 0xE3:
        return second == 0x85 and third == 0xA4
    return first == 0xEF and second == 0xBE and third == 0xA0


@inner_kernel
def _letter_or_digit(byte: int) -> bool:
    return 0x41 <= byte & 0xDF <= 0x5A or 0x30 <= byte <= 0x39


@inner_kernel
def _joins(byte: int) -> bool:
    """Whether a byte is one of @ _ / = + -."""
    return byte == 0x40 or byte == 0x5F or byte == 0x2F or byte == 0x3D or byte == 0x2B or byte == 0x2D


@inner_kernel
def _ends(byte: int) -> bool:
    """Whether a byte is a full stop or a colon."""
    return byte == 0x2E or byte == 0x3A


@inner_kernel
def _flush(pending: Any, before_emoji: bool, begin: int, out: Any, written: int, counts: Any) -> int:
    """Write what waits before the next visible character; nothing at the start of a text."""
    if written == begin:
        return written
    if pending & _A_NEWLINE:
        out[written] = 0x0A
        counts[_WHITESPACE] -= 1
        if pending & _TWO_NEWLINES:
            out[written + 1] = 0x0A
            counts[_WHITESPACE] -= 1
            return written + 2
        return written + 1
    if pending & _A_SPACE:
        out[written] = 0x20
        counts[_WHITESPACE] -= 1
        return written + 1
    if before_emoji:
        out[written], out[written + 1], out[written + 2] = 0xE2, 0x80, 0x8D
        counts[_FORMAT] -= 1
        return written + 3
    return written


@inner_kernel
def _last(out: Any, written: int) -> Any:
    """The code point written last."""
    start = written - 1
    while out[start] & 0xC0 == 0x80:
        start -= 1
    code, _ = decode_utf8(out, start)
    return code


@inner_kernel
def _syllable(previous: int, jamo: int) -> int:
    """Hangul syllable of a leading consonant and a vowel, or a syllable and a final consonant; 0 where none is.

    The Unicode Standard, section 3.12, Hangul syllable composition.
    """
    if 0x1100 <= previous < 0x1113 and 0x1161 <= jamo < 0x1176:
        return 0xAC00 + ((previous - 0x1100) * 21 + (jamo - 0x1161)) * 28
    if 0xAC00 <= previous <= 0xD7A3 and (previous - 0xAC00) % 28 == 0 and 0x11A8 <= jamo < 0x11C3:
        return previous + (jamo - 0x11A7)
    return 0
