"""The main text of a page among its lines: menus, link lists and stray labels out, by length, links and neighbours.

The idea is that of jusText (Pomikálek 2011) and boilerpipe (Kohlschütter et al. 2010): long lines with few links are
text, runs of links are not, and short lines are what the lines around them are. Lengths are bytes of UTF-8 without
white space, of which English and Korean need about the same for the same content; neither needs a list of words.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.kernel import inner_kernel

_TEXT_BYTES = 60
_SENTENCE_BYTES = 24
_LINKED_TENTHS = 7
_LINK_LINE_BYTES = 300
_MENU_LINES = 3
_LEADING_LINES, _TRAILING_LINES = 4, 2

_SHORT, _TEXT, _LINKS, _EDGE = range(4)


def main_text(marked: pa.StringArray) -> pa.StringArray:
    """The lines of each text that are its main text, as plain text; the input is what ``extractor.marked_text`` gives.

    A line of at least 60 bytes, or a sentence of 24, is text; where over 70 % of up to 300 bytes are links it is a link
    line, and three of them on end are a menu. Other lines are kept between two lines of text, four of them before one
    and two after one, or all of them in a page that has nothing else. White space becomes single spaces.
    """
    offsets, data = string_buffers(marked)
    lines = np.zeros((len(marked) + int(np.count_nonzero(data == ord("\n"))), 4), np.int64)
    out, out_offsets = np.empty(len(data), np.uint8), np.zeros(len(marked) + 1, np.int64)
    _keep_main(offsets, data, lines, out, out_offsets)
    return string_array(out_offsets, out[: out_offsets[-1]])


# Columns of ``lines``.
_START, _STOP, _CLASS, _HEADING = range(4)


@inner_kernel
def _keep_main(offsets: Any, data: Any, lines: Any, out: Any, out_offsets: Any) -> None:
    written = 0
    for row in range(len(offsets) - 1):
        count = _classify(data, offsets[row], offsets[row + 1], lines)
        _dissolve_short_runs_of_links(lines, count)
        first = written
        index = 0
        while index < count:
            kind, run = lines[index, _CLASS], index
            while run < count and lines[run, _CLASS] == kind:
                run += 1
            before = lines[index - 1, _CLASS] if index else _EDGE
            after = lines[run, _CLASS] if run < count else _EDGE
            for line in range(index, run):
                heading = lines[line, _HEADING]
                if kind == _TEXT or (kind == _SHORT and _is_kept(line - index, run - line, before, after, heading)):
                    if written > first:
                        out[written] = 0x0A
                        written += 1
                    written = _write(data, lines[line, _START], lines[line, _STOP], out, written)
            index = run
        out_offsets[row + 1] = written


@inner_kernel
def _is_kept(place: int, left: int, before: int, after: int, heading: int) -> Any:
    """Whether the short line number ``place`` of a run, the ``left``-th from its end, is main text."""
    if before == after and before in (_TEXT, _EDGE):
        return True
    # What follows the last line of text may be its author or date; a heading there is that of a box beside it.
    return (after == _TEXT and left <= _LEADING_LINES) or (before == _TEXT and place < _TRAILING_LINES and not heading)


@inner_kernel
def _dissolve_short_runs_of_links(lines: Any, count: int) -> None:
    """Few links on end are no menu: they count as short lines."""
    index = 0
    while index < count:
        run = index
        while run < count and lines[run, _CLASS] == _LINKS:
            run += 1
        if run - index < _MENU_LINES:
            lines[index:run, _CLASS] = _SHORT
        index = max(run, index + 1)


@inner_kernel
def _classify(data: Any, start: int, stop: int, lines: Any) -> Any:
    """Write the lines that hold anything, and what they are, to ``lines``; returns their number."""
    count = 0
    linked = False
    line, position = start, start
    size, in_links, heading, ends = 0, 0, False, False
    while position <= stop:
        if position == stop or data[position] == 0x0A:
            if size:
                if in_links * 10 > size * _LINKED_TENTHS:
                    kind = _LINKS if size < _LINK_LINE_BYTES else _SHORT
                else:
                    kind = _TEXT if size >= _TEXT_BYTES or (ends and size >= _SENTENCE_BYTES) else _SHORT
                lines[count, _START], lines[count, _STOP] = line, position
                lines[count, _CLASS], lines[count, _HEADING] = kind, heading
                count += 1
            position += 1
            line = position
            size, in_links, heading, ends = 0, 0, False, False
        elif data[position] == 0x3C:  # <
            closing = position + 1 < stop and data[position + 1] == 0x2F
            name = data[min(position + 1 + closing, stop - 1)]
            after_name = data[min(position + 2 + closing, stop - 1)]
            if name == 0x61 and after_name in (0x20, 0x3E):
                linked = not closing
            heading |= name == 0x68 and not closing
            position = _after_tag(data, position, stop)
        else:
            width, mark = _character(data, position, stop)
            if mark != _SPACE:
                size += width
                in_links += width * linked
                ends = mark == _ENDS or (ends and mark == _CLOSES)
            position += width
    return count


_OTHER, _SPACE, _ENDS, _CLOSES = range(4)


@inner_kernel
def _character(data: Any, position: int, stop: int) -> Any:
    """Bytes of the character or reference at ``position``, and whether it is a space, ends or closes a sentence."""
    byte = data[position]
    if byte == 0x20 or 9 <= byte <= 13:
        return 1, _SPACE
    if byte in (0x2E, 0x3F, 0x21):  # . ? !
        return 1, _ENDS
    if byte in (0x22, 0x27, 0x29, 0x5D):  # " ' ) ]
        return 1, _CLOSES
    if byte == 0x26:  # &
        width, decoded = _reference(data, position, stop)
        return width, _CLOSES if decoded == 0x22 else _OTHER
    if byte == 0xC2 and position + 1 < stop and data[position + 1] == 0xA0:
        return 2, _SPACE
    if byte in (0xE2, 0xE3) and position + 2 < stop and data[position + 1] == 0x80:
        last = data[position + 2]
        if byte == 0xE3:
            return 3, _SPACE if last == 0x80 else _ENDS if last == 0x82 else _OTHER
        return 3, _ENDS if last == 0xA6 else _CLOSES if last in (0x99, 0x9D) else _OTHER
    return 1, _OTHER


@inner_kernel
def _reference(data: Any, position: int, stop: int) -> Any:
    """Width and character of one of the four references that the extractor writes; an ampersand where there is none."""
    if position + 3 < stop and data[position + 2] == 0x74 and data[position + 3] == 0x3B:  # t;
        if data[position + 1] == 0x6C:
            return 4, 0x3C
        if data[position + 1] == 0x67:
            return 4, 0x3E
    if position + 4 < stop and data[position + 1] == 0x61 and data[position + 4] == 0x3B:  # amp;
        return 5, 0x26
    if position + 5 < stop and data[position + 1] == 0x71 and data[position + 5] == 0x3B:  # quot;
        return 6, 0x22
    return 1, 0x26


@inner_kernel
def _after_tag(data: Any, position: int, stop: int) -> Any:
    while position < stop and data[position] != 0x3E:
        position += 1
    return min(position + 1, stop)


@inner_kernel
def _write(data: Any, position: int, stop: int, out: Any, written: int) -> Any:
    """Append a line without its tags and with single spaces; returns the end of what was written."""
    first, space = written, False
    while position < stop:
        if data[position] == 0x3C:
            position = _after_tag(data, position, stop)
            continue
        width, mark = _character(data, position, stop)
        if mark == _SPACE:
            space = written > first
        else:
            if space:
                out[written] = 0x20
                written += 1
                space = False
            if data[position] == 0x26:
                out[written] = _reference(data, position, stop)[1]
                written += 1
            else:
                for byte in range(position, position + width):
                    out[written] = data[byte]
                    written += 1
        position += width
    return written
