"""Remnants of HTML out of plain text: entities decoded, tags, comments, scripts and styles removed.

For text that is meant to be plain. Main-text extraction from whole web pages is another matter.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import encode_utf8
from pipelines.core.names import find_name
from pipelines.text.html_names import BLOCK, INLINE, KIND_MASK, RAW, SPACE, WORDY, html_names
from pipelines.text.rows import put_rows, take_rows

COUNTS = ("entities_decoded", "tags_removed", "comments_removed", "scripts_removed")
_ENTITIES, _TAGS, _COMMENTS, _SCRIPTS = range(4)

_MAXIMUM_NAME = 32
_MAXIMUM_DECLARATION = 1024


def strip_markup(texts: pa.StringArray | pa.ChunkedArray) -> pa.StringArray:
    """Each text (valid UTF-8; null becomes the empty string) without remnants of HTML, in linear time.

    Character references are decoded as HTML5 defines them, names only with their semicolon (five common ones also
    without). Known tags go: block tags leave a newline, cells and images a space, others nothing; ``<script>`` and
    ``<style>`` go with their content. What only looks similar stays: ``3 < 5``, ``<3``, ``<unk>``, ``a<b and c>d``.
    A text whose markup was itself escaped (``&lt;br&gt;``) is stripped once more.
    """
    return strip_markup_counted(texts)[0]


def strip_markup_counted(
    texts: pa.StringArray | pa.ChunkedArray,
) -> tuple[pa.StringArray, NDArray[np.bool_], dict[str, int]]:
    """``strip_markup`` with the rows it changed and integer counts of what it removed (``COUNTS``, ``rows_changed``).

    Changed rows may hold new white space, control characters or marks: normalise them again.
    """
    result, changed, escaped, counts = _strip(texts)
    again = np.flatnonzero(escaped)
    if len(again):
        unescaped, _, _, more = _strip(result.take(pa.array(again)))
        result = pc.replace_with_mask(result, pa.array(escaped), unescaped)
        counts += more
    named = dict(zip(COUNTS, counts.tolist(), strict=True))
    return result, changed, named | {"rows_changed": int(changed.sum())}


def _strip(
    texts: pa.StringArray | pa.ChunkedArray,
) -> tuple[pa.StringArray, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
    offsets, data = string_buffers(texts)
    rows = np.zeros(len(offsets) - 1, np.bool_)
    _find_markup(offsets, data, rows)
    offsets, data = string_buffers(take_rows(texts, rows))
    changed, escaped = np.zeros(len(offsets) - 1, np.bool_), np.zeros(len(offsets) - 1, np.bool_)
    counts = np.zeros(len(COUNTS), np.int64)
    references = int(np.count_nonzero(data == ord("&")))
    out = np.empty(len(data) + references, np.uint8)  # two names are one byte shorter than what they stand for
    out_offsets = np.zeros(len(offsets), np.int64)
    _strip_rows(offsets, data, html_names(), out, out_offsets, changed, escaped, counts)
    result = put_rows(texts, rows, string_array(out_offsets, out[: out_offsets[-1]]))
    return result, _spread(rows, changed), _spread(rows, escaped), counts


def _spread(rows: NDArray[np.bool_], values: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``values`` at the places where ``rows`` is true."""
    spread = np.zeros(len(rows), np.bool_)
    spread[rows] = values
    return spread


@inner_kernel
def _find_markup(offsets: Any, data: Any, rows: Any) -> None:
    """Rows with a < or an ampersand; the smallest difference to them compiles to vector code."""
    for row in range(len(offsets) - 1):
        text = data[offsets[row] : offsets[row + 1]]
        least = np.uint8(255)
        for at in range(len(text)):
            least = min(least, np.uint8(text[at] ^ np.uint8(0x3C)), np.uint8(text[at] ^ np.uint8(0x26)))
        rows[row] = least == 0


@kernel
def _strip_rows(
    offsets: Any,
    data: Any,
    names: Any,
    out: Any,
    out_offsets: Any,
    changed: Any,
    escaped: Any,
    counts: Any,
) -> None:
    entities, tags, attributes, windows_1252 = names
    name = np.empty(_MAXIMUM_NAME, np.uint8)
    written = 0
    for row in range(len(offsets) - 1):
        position, stop = offsets[row], offsets[row + 1]
        # Failed attempts may look at four times the text in all, then each at 64 bytes: linear on hostile input.
        budget = 4 * (stop - position) + 4096
        no_comment_end, in_character_data, unclosed = False, False, 0
        removed_tags, unescaped = False, False
        before = counts.sum()
        while position < stop:
            byte = data[position]
            if byte == 0x26:  # &
                end, written_after = _reference(data, position, stop, entities, windows_1252, name, out, written)
                if end > position:
                    counts[_ENTITIES] += 1
                    if written_after > written and (out[written] == 0x3C or out[written] == 0x26):
                        unescaped = True
                    position, written = end, written_after
                    continue
            elif byte == 0x3C and position + 1 < stop:  # <
                second = data[position + 1]
                if second in (0x21, 0x3F):  # <! <?
                    end, is_comment = _declaration(data, position, stop, no_comment_end)
                    if end > position:
                        if is_comment:
                            counts[_COMMENTS] += 1
                        else:
                            counts[_TAGS] += 1
                        in_character_data |= not is_comment and end - position == 9 and data[end - 1] == 0x5B
                        position = end
                        continue
                    no_comment_end |= is_comment
                elif second == 0x2F or _is_letter(second):
                    limit = min(stop, position + max(budget, 64))
                    end, kind = _tag(data, position, limit, tags, attributes, name)
                    if kind == 0:
                        budget -= end - position
                    else:
                        counts[_TAGS] += 1
                        removed_tags = True
                        if kind == RAW and second != 0x2F:
                            element = 1 if data[position + 2] | 0x20 == 0x63 else 2  # script or style
                            content_end = -1 if unclosed & element else _content_end(data, position, end, stop)
                            if content_end < 0:
                                unclosed |= element
                            else:
                                counts[_SCRIPTS] += 1
                                end = content_end
                        if kind in (BLOCK, RAW):
                            out[written] = 0x0A
                            written += 1
                        elif kind == SPACE:
                            out[written] = 0x20
                            written += 1
                        position = end
                        continue
            elif in_character_data and byte == 0x5D and _starts(data, position, stop, (0x5D, 0x5D, 0x3E)):  # ]]>
                in_character_data = False
                position += 3
                continue
            out[written] = byte
            written += 1
            position += 1
        out_offsets[row + 1] = written
        changed[row] = counts.sum() != before
        escaped[row] = unescaped and not removed_tags


@inner_kernel
def _reference(
    data: Any, start: int, stop: int, entities: Any, windows_1252: Any, name: Any, out: Any, written: int
) -> Any:
    """Decode the character reference at ``start``; returns its end (``start`` when there is none) and ``written``."""
    position = start + 1
    if position >= stop:
        return start, written
    if data[position] == 0x23:  # &#
        position += 1
        base = 10
        if position < stop and data[position] | 0x20 == 0x78:
            base = 16
            position += 1
        first = position
        code = np.int64(0)
        while position < stop and position - first < 9:
            digit = _digit(data[position], base)
            if digit < 0:
                break
            code = code * base + digit
            position += 1
        if position == first or position - first == 9:
            return start, written
        if position < stop and data[position] == 0x3B:
            position += 1
        elif position - first < 2:
            return start, written
        if 0x80 <= code < 0xA0:
            code = np.int64(windows_1252[code - 0x80])
        if code == 0 or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
            code = np.int64(0xFFFD)
        return position, encode_utf8(code, out, written)
    length = 0
    while position < stop and length < _MAXIMUM_NAME and _is_letter_or_digit(data[position]):
        name[length] = data[position]
        length += 1
        position += 1
    if length < 2:
        return start, written
    if position < stop and data[position] == 0x3B:
        position += 1
    elif not _is_common(name, length) or (position < stop and data[position] == 0x3D):
        return start, written
    index = find_name(entities, name, length)
    if index < 0:
        return start, written
    values, value_data = entities[3], entities[4]
    for at in range(values[index], values[index + 1]):
        out[written] = value_data[at]
        written += 1
    return position, written


@inner_kernel
def _is_common(name: Any, length: int) -> Any:
    """The names that are decoded without a semicolon: lt, gt, amp, nbsp, quot."""
    word = np.int64(0)
    for at in range(min(length, 5)):
        word = word << 8 | np.int64(name[at])
    return word in (0x6C74, 0x6774, 0x616D70, 0x6E627370, 0x71756F74)


@inner_kernel
def _tag(data: Any, start: int, stop: int, tags: Any, attributes: Any, name: Any) -> Any:
    """Parse a tag at ``start``: (end, kind), or (where it stopped looking like one, 0)."""
    position = start + 1
    closing = data[position] == 0x2F
    if closing:
        position += 1
    length, namespaced = 0, False
    while position < stop and length < _MAXIMUM_NAME:
        byte = data[position]
        if not (_is_letter_or_digit(byte) or (length and byte in (0x3A, 0x2D))):
            break
        namespaced |= byte == 0x3A
        name[length] = byte | 0x20 if 0x41 <= byte <= 0x5A else byte
        length += 1
        position += 1
    if length == 0:
        return position, 0
    index = find_name(tags, name, length)
    kind = np.int64(tags[4][index]) if index >= 0 else np.int64(0)
    certain = namespaced and name[length - 1] != 0x3A
    has_attributes = False
    while position < stop:
        space = position
        while position < stop and _is_space(data[position]):
            position += 1
        if position >= stop:
            break
        byte = data[position]
        if byte == 0x2F:
            position += 1
            if position < stop and data[position] == 0x3E:
                byte = data[position]
            else:
                break
        if byte == 0x3E:  # >
            if kind:
                bare = not has_attributes and not closing and bool(kind & WORDY)
                return position + 1, 0 if bare else kind & KIND_MASK
            return position + 1, INLINE if certain else 0
        if position == space or closing:
            break
        position, found = _attribute(data, position, stop, attributes, name)
        if not found:
            break
        has_attributes = True
    return position, 0


@inner_kernel
def _attribute(data: Any, position: int, stop: int, attributes: Any, name: Any) -> Any:
    """Parse one attribute: (end, whether it is one: it has a value or is known to need none)."""
    length = 0
    while position < stop:
        byte = data[position]
        if not (_is_letter_or_digit(byte) or byte in (0x2D, 0x3A, 0x5F)):
            break
        if length < _MAXIMUM_NAME:
            name[length] = byte | 0x20 if 0x41 <= byte <= 0x5A else byte
        length += 1
        position += 1
    if length == 0 or length > _MAXIMUM_NAME:
        return position, False
    after_name = position
    while position < stop and _is_space(data[position]):
        position += 1
    if position >= stop or data[position] != 0x3D:
        return after_name, find_name(attributes, name, length) >= 0
    position += 1
    while position < stop and _is_space(data[position]):
        position += 1
    if position >= stop:
        return position, False
    quote = data[position]
    if quote in (0x22, 0x27):
        position += 1
        while position < stop and data[position] != quote:
            position += 1
        return (position + 1, True) if position < stop else (position, False)
    first = position
    while position < stop:
        byte = data[position]
        if _is_space(byte) or byte in (0x22, 0x27, 0x3C, 0x3E):
            break
        position += 1
    return position, position > first


@inner_kernel
def _declaration(data: Any, start: int, stop: int, no_comment_end: bool) -> Any:
    """Comment, doctype, processing instruction or the opening of a CDATA section: (end or ``start``, is a comment)."""
    if _starts(data, start, stop, (0x3C, 0x21, 0x2D, 0x2D)):  # <!--
        if no_comment_end:
            return start, True
        position = start + 4
        while position + 2 < stop:
            if data[position] == 0x2D and data[position + 1] == 0x2D and data[position + 2] == 0x3E:
                return position + 3, True
            position += 1
        return start, True
    if _starts(data, start, stop, (0x3C, 0x21, 0x5B, 0x43, 0x44, 0x41, 0x54, 0x41, 0x5B)):  # <![CDATA[
        return start + 9, False
    letter = data[start + 2] if start + 2 < stop else np.uint8(0)
    # <!DOCTYPE, <!ELEMENT, ..., <![if, <?xml: a letter (or a bracket after the mark) and the end not far away
    if not (_is_letter(letter) or (data[start + 1] == 0x21 and letter == 0x5B)):
        return start, False
    for position in range(start + 2, min(stop, start + _MAXIMUM_DECLARATION)):
        if data[position] == 0x3C:
            return start, False
        if data[position] == 0x3E:
            return position + 1, False
    return start, False


@inner_kernel
def _content_end(data: Any, start: int, position: int, stop: int) -> Any:
    """End of the closing tag of the script or style that opens at ``start``; -1 when nothing closes it."""
    length = 5 if data[start + 2] | 0x20 == 0x74 else 6  # style or script
    while position + length + 2 < stop:
        if data[position] == 0x3C and data[position + 1] == 0x2F:
            same = True
            for at in range(length):
                same &= data[position + 2 + at] | 0x20 == data[start + 1 + at] | 0x20
            if same:
                position += 2 + length
                while position < stop and data[position] != 0x3E and data[position] != 0x3C:
                    position += 1
                return min(position + 1, stop) if position < stop and data[position] == 0x3E else position
        position += 1
    return -1


@inner_kernel
def _starts(data: Any, position: int, stop: int, prefix: Any) -> Any:
    if stop - position < len(prefix):
        return False
    same = True
    for at in range(len(prefix)):
        same &= data[position + at] == prefix[at]
    return same


@inner_kernel
def _digit(byte: Any, base: int) -> Any:
    value = np.int64(byte)
    if 0x30 <= value <= 0x39:
        return value - 0x30
    value |= 0x20
    if base == 16 and 0x61 <= value <= 0x66:
        return value - 0x57
    return -1


@inner_kernel
def _is_letter_or_digit(byte: Any) -> Any:
    return _is_letter(byte) or 0x30 <= byte <= 0x39


@inner_kernel
def _is_letter(byte: Any) -> Any:
    return 0x61 <= byte | 0x20 <= 0x7A


@inner_kernel
def _is_space(byte: Any) -> Any:
    return byte == 0x20 or 0x09 <= byte <= 0x0D
