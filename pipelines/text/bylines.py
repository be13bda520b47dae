"""By-lines and copyright notices of newsrooms: lines that no sentence of a text needs.

Only whole lines go: a reporter with nothing but names and an address around, ``By`` and capitalised names, and a notice
that nobody may copy this. A sentence that speaks of reporters or of copyright stays.
"""

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.bits import copy_bytes, load_eight, trailing_zeros
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import decode_utf8
from pipelines.text.rows import put_rows, take_rows
from pipelines.text.telling_words import BYLINE, find_telling, telling_in, telling_table

COUNTS = ("bylines_removed", "notices_removed")
_BYLINES, _NOTICES = range(2)
_REPORTERS = (
    "기자",
    "특파원",
    "객원기자",
    "인턴기자",
    "선임기자",
    "전문기자",
    "수습기자",
    "사진기자",
)
_NOTICE_WORDS = ("무단", "저작권자", "ⓒ", "©", "(c)", "copyright", "all rights reserved")
_SIGNS = ("저작권자", "ⓒ", "©", "(c)", "copyright", "all rights reserved")
_FORBIDDEN = ("전재", "복제", "배포")
_LONGEST_BYLINE, _LONGEST_NOTICE = 60, 120  # characters
_MOST_WORDS = 8
_LINE = 512  # bytes: no such line is longer
_ONES, _HIGH = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_NEWLINES = np.uint64(0x0A) * _ONES


def drop_bylines(texts: pa.StringArray | pa.ChunkedArray) -> tuple[pa.StringArray, dict[str, int]]:
    """Normalised texts without by-lines and notices, and integer counts (``COUNTS``, ``rows_changed``). Idempotent."""
    offsets, data = string_buffers(texts)
    selected = np.zeros(len(offsets) - 1, np.int64)
    find_telling(offsets, data, telling_table(), selected)
    counts = np.zeros(len(COUNTS), np.int64)
    rows = selected != 0
    offsets, data = string_buffers(take_rows(texts, rows))
    changed = np.zeros(len(offsets) - 1, np.bool_)
    out, out_offsets = np.empty(len(data), np.uint8), np.zeros(len(offsets), np.int64)
    _drop(offsets, data, selected[rows], telling_table(), *_words(), out, out_offsets, changed, counts)
    named = dict(zip(COUNTS, counts.tolist(), strict=True))
    new = take_rows(string_array(out_offsets, out[: out_offsets[-1]]), changed)
    rows[rows] = changed
    return put_rows(texts, rows, new), named | {"rows_changed": int(changed.sum())}


@cache
def _words() -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """All words one after the other, their offsets, and where each list begins: reporters, signs, what is forbidden."""
    lists = (_REPORTERS, _SIGNS, _FORBIDDEN, ("무단",))
    words = [word.encode() for group in lists for word in group]
    starts = np.cumsum([0, *map(len, lists)])
    return np.frombuffer(b"".join(words), np.uint8), np.cumsum([0, *map(len, words)]), starts


@inner_kernel
def _drop(
    offsets: Any,
    data: Any,
    selected: Any,
    telling: Any,
    words: Any,
    word_offsets: Any,
    lists: Any,
    out: Any,
    out_offsets: Any,
    changed: Any,
    counts: Any,
) -> None:
    written = 0
    for row in range(len(offsets) - 1):
        position, stop = offsets[row], offsets[row + 1]
        begin = written
        while position < stop:
            end = _line_end(data, position, stop)
            kind = -1
            if position < end <= position + _LINE:
                others = selected[row] & ~(1 << BYLINE)
                if others and telling_in(data[position:end], telling, others):
                    if _is_notice(data, position, end, words, word_offsets, lists):
                        kind = _NOTICES
                    elif _is_korean_byline(data, position, end, words, word_offsets, lists):
                        kind = _BYLINES
                if kind < 0 and selected[row] >> BYLINE & 1 and _is_english_byline(data, position, end):
                    kind = _BYLINES
            if kind >= 0:
                counts[kind] += 1
                changed[row] = True
                position = end + 1
                # The paragraph break before the line is the one that stays.
                if written == begin or (written - begin > 1 and out[written - 2] == 0x0A):
                    while position < stop and data[position] == 0x0A:
                        position += 1
                continue
            last = min(end + 1, stop)
            copy_bytes(data, position, last - position, out, written)
            written += last - position
            position = last
        while changed[row] and written > begin and out[written - 1] == 0x0A:
            written -= 1
        out_offsets[row + 1] = written


@inner_kernel
def _line_end(data: Any, position: Any, stop: Any) -> Any:
    """Where the next newline in ``data[position:stop]`` stands, ``stop`` where there is none."""
    while position + 8 <= stop:
        differences = load_eight(data, position) ^ _NEWLINES
        newlines = (differences - _ONES) & ~differences & _HIGH
        if newlines:
            return position + np.int64(trailing_zeros(newlines) >> np.uint64(3))
        position += 8
    while position < stop and data[position] != 0x0A:
        position += 1
    return position


@inner_kernel
def _is_notice(data: Any, start: int, stop: int, words: Any, word_offsets: Any, lists: Any) -> Any:
    """A short line that begins with a sign of copyright, forbids to copy or reserves all rights, not in prose."""
    if _characters(data, start, stop) > _LONGEST_NOTICE:
        return False
    signed, forbids, first, reserved = False, False, False, False
    without = _holds(data, start, stop, words, word_offsets, lists[3]) >= 0
    for index in range(lists[1], lists[2]):
        at = _holds(data, start, stop, words, word_offsets, index)
        signed |= at >= 0
        first |= 0 <= at - start <= 2
        reserved |= at >= 0 and index == lists[2] - 1
    for index in range(lists[2], lists[3]):
        forbids |= without and _holds(data, start, stop, words, word_offsets, index) >= 0
    if reserved:
        return True
    prose = stop - start > 6 and data[stop - 1] == 0x2E and data[stop - 4] == 0xEB and data[stop - 3] == 0x8B
    if forbids:
        return (signed or _ends_in_ban(data, start, stop)) and not prose
    digits = 0
    for position in range(start, stop):
        digits += 0x30 <= data[position] <= 0x39
    return signed and first and digits >= 4 and _characters(data, start, stop) <= _LONGEST_BYLINE and not prose


@inner_kernel
def _ends_in_ban(data: Any, start: int, stop: int) -> Any:
    """Whether the last letters are 금지, "forbidden"."""
    while stop - start > 6 and data[stop - 1] < 0x80:
        stop -= 1
    ban = (0xEA, 0xB8, 0x88, 0xEC, 0xA7, 0x80)
    same = stop - start >= 6
    for at in range(6):
        same = same and data[stop - 6 + at] == ban[at]
    return same


@inner_kernel
def _is_korean_byline(data: Any, start: int, stop: int, words: Any, word_offsets: Any, lists: Any) -> Any:
    """A reporter by name, around whom there are only names, brackets, marks and an address."""
    if _characters(data, start, stop) > _LONGEST_BYLINE or data[stop - 1] == 0x3F or data[stop - 1] == 0x21:
        return False
    position, count, reporter, name, sure = start, 0, False, 0, False
    while position < stop:
        while position < stop and _is_separator(data[position]):
            position += 1
        if position == stop:
            break
        begin = position
        if data[position] in (0x28, 0x5B) or (data[position] == 0xE3 and data[position + 1] == 0x80):  # ( [ 【
            while position < stop and not (data[position] in (0x29, 0x5D) or _closes(data, position, stop)):
                position += 1
            position = min(position + (1 if position < stop and data[position] < 0x80 else 3), stop)
            sure = True
            reporter |= _brackets_reporter(data, begin, position, words, word_offsets, lists)
            continue
        while position < stop and not _is_separator(data[position]) and data[position] not in (0x28, 0x5B):
            position += 1
        count += 1
        if count > _MOST_WORDS:
            return False
        title = _ends_in_title(data, begin, position, words, word_offsets, lists)
        if title >= 0:
            # Nearly all names have three syllables; two or four are believed where something else speaks for them.
            stem = title - begin
            reporter |= stem == 9 or (stem == 0 and name == 9) or (stem == 0 and name > 0 and sure)
            if not reporter:
                return False
        elif _is_address(data, begin, position):
            sure = True
        elif _is_name(data, begin, position):
            name = position - begin
        else:
            return False
    return reporter


@inner_kernel
def _brackets_reporter(data: Any, begin: int, end: int, words: Any, word_offsets: Any, lists: Any) -> Any:
    """Whether what is in brackets is itself a name and a title."""
    inner = begin + (1 if data[begin] < 0x80 else 3)
    last = end - (1 if data[end - 1] < 0x80 else 3)
    while last > inner and data[last - 1] == 0x20:
        last -= 1
    title = _ends_in_title(data, inner, last, words, word_offsets, lists)
    if title - inner < 7 or data[title - 1] != 0x20:
        return False
    begin = title - 1
    while begin > inner and data[begin - 1] != 0x20:
        begin -= 1
    return _is_name(data, begin, title - 1)


@inner_kernel
def _ends_in_title(data: Any, begin: int, end: int, words: Any, word_offsets: Any, lists: Any) -> Any:
    """Where the longest title that ends the word begins; -1 for none."""
    found = -1
    for index in range(lists[0], lists[1]):
        length = word_offsets[index + 1] - word_offsets[index]
        if end - begin >= length:
            same = True
            for at in range(length):
                same = same and data[end - length + at] == words[word_offsets[index] + at]
            if same and (found < 0 or end - length < found):
                found = end - length
    return found


@inner_kernel
def _is_separator(byte: Any) -> Any:
    """Space and what stands between the parts of a by-line: = / | , · and a middle dot's bytes are letters' too."""
    return byte in (0x20, 0x3D, 0x2F, 0x7C, 0x2C)


@inner_kernel
def _closes(data: Any, position: int, stop: int) -> Any:
    return position + 2 < stop and data[position] == 0xE3 and data[position + 1] == 0x80 and data[position + 2] == 0x91


@inner_kernel
def _is_address(data: Any, begin: int, end: int) -> Any:
    """An e-mail address: nothing but ASCII, and an at sign."""
    at_sign, ascii_only = False, True
    for position in range(begin, end):
        at_sign |= data[position] == 0x40
        ascii_only &= data[position] < 0x80
    return at_sign and ascii_only


@inner_kernel
def _is_name(data: Any, begin: int, end: int) -> Any:
    """Two to six Hangul syllables that do not end like a noun with a particle or a modifier."""
    if end - begin < 6 or end - begin > 18:
        return False
    position, code = begin, np.int32(0)
    while position < end:
        code, position = decode_utf8(data, position)
        if not 0xAC00 <= code <= 0xD7A3:
            return False
    return code not in (0xB294, 0xB97C, 0xC744, 0xC758, 0xD55C, 0xB358, 0xC5D0, 0xB2E4, 0xC740, 0xB3C4)


@inner_kernel
def _is_english_byline(data: Any, start: int, stop: int) -> Any:
    """By and up to seven words, capitalised but for a few small ones, without the end of a sentence."""
    if stop - start < 6 or stop - start > _LONGEST_BYLINE or data[start] != 0x42 or data[start + 1] | 0x20 != 0x79:
        return False
    if data[start + 2] != 0x20 or data[stop - 1] in (0x2E, 0x21, 0x3F, 0x3A, 0x22):
        return False
    position, count, capitals = start + 3, 0, 0
    while position < stop:
        begin = position
        while position < stop and data[position] != 0x20:
            byte = data[position]
            if 0x30 <= byte <= 0x39:
                return False
            position += 1
        count += 1
        capital = 0x41 <= data[begin] <= 0x5A or data[begin] >= 0xC3
        capitals += capital
        if not capital and not _is_small_word(data, begin, position):
            return False
        position += 1
    return 2 <= count <= _MOST_WORDS - 1 and capitals >= 2


@inner_kernel
def _is_small_word(data: Any, begin: int, end: int) -> Any:
    """and, of, the, for, de, van, von."""
    packed = np.int64(0)
    for position in range(begin, min(end, begin + 4)):
        packed = packed << 8 | np.int64(data[position])
    return packed in (0x616E64, 0x6F66, 0x746865, 0x666F72, 0x6465, 0x76616E, 0x766F6E)


@inner_kernel
def _holds(data: Any, start: int, stop: int, words: Any, word_offsets: Any, index: int) -> Any:
    """Where word ``index`` (ASCII letters in any case) begins in ``data[start:stop]``; -1 for nowhere."""
    first, length = word_offsets[index], word_offsets[index + 1] - word_offsets[index]
    for position in range(start, stop - length + 1):
        same = True
        at = 0
        while same and at < length:
            byte = data[position + at]
            byte |= 0x20 if 0x41 <= byte <= 0x5A else 0
            same = byte == words[first + at]
            at += 1
        if same:
            return position
    return -1


@inner_kernel
def _characters(data: Any, start: int, stop: int) -> Any:
    count = 0
    for position in range(start, stop):
        count += data[position] & 0xC0 != 0x80
    return count
