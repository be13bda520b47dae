"""Wikitext to plain text: what a reader sees of an article's paragraphs and lists, in linear time on any input.

Two scans of a page. The first finds where templates, tables, links, tags and comments begin and end, with a stack, and
writes beside each place from which text is left out the place where it goes on. The second copies what is left, line by
line. Nothing is ever looked for twice, so that nested and unbalanced braces cost no more than other characters.

Follows MediaWiki's preprocessor and parser where pages are well-formed. Where they are not, text is rather lost than
markup kept: a template that nothing closes takes the rest of its line along.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.kernel import inner_kernel, kernel
from pipelines.sources.wiki.names import wikitext_names
from pipelines.sources.wiki.structure import DEPTH, MAXIMUM_NAME, STACK_COLUMNS, find_structure, kind_of, run_length

# What is due before the next character.
_NOTHING, _A_SPACE, _A_NEWLINE, _A_PARAGRAPH = 0, 1, 2, 3


def wikitext_to_text(texts: pa.StringArray | pa.ChunkedArray) -> tuple[pa.StringArray, NDArray[np.bool_]]:
    """Text of each page of wikitext (valid UTF-8; null becomes the empty string), and which are disambiguation pages.

    Gone are templates (of a few, such as ``lang`` and ``nowrap``, the text stays), tables, references, comments,
    formulas, galleries, links to files, categories and other languages, headings and the sections that hold only
    references and links. Other links and formatting leave their text, list items a line each. Paragraphs are separated
    by an empty line; a single newline within one becomes a space, as in MediaWiki. HTML and character references stay
    for ``strip_markup``.
    """
    offsets, data = string_buffers(texts)
    data = data.copy()  # a kept argument's separator is overwritten
    longest = int(np.diff(offsets).max(initial=0))
    out, out_offsets = np.empty(len(data) + 1, np.uint8), np.zeros(len(offsets), np.int64)
    disambiguation = np.zeros(len(offsets) - 1, np.bool_)
    jump = np.zeros(longest + 1, np.int32)
    _convert(offsets, data, wikitext_names(), jump, out, out_offsets, disambiguation)
    return string_array(out_offsets, out[: out_offsets[-1]]), disambiguation


@kernel
def _convert(
    offsets: Any, all_data: Any, names: Any, jump: Any, out: Any, out_offsets: Any, disambiguation: Any
) -> None:
    stack = np.zeros((DEPTH, STACK_COLUMNS), np.int64)
    name = np.empty(MAXIMUM_NAME, np.uint8)
    written = 0
    for row in range(len(offsets) - 1):
        data = all_data[offsets[row] : offsets[row + 1]]
        jump[: len(data) + 1] = 0
        disambiguation[row] = find_structure(data, names, jump, stack, name)
        written = _copy_text(data, names[3], jump, name, out, written)
        out_offsets[row + 1] = written


@inner_kernel
def _copy_text(data: Any, sections: Any, jump: Any, name: Any, out: Any, written: int) -> int:
    """Copy what is seen of a page to ``out``; returns where it ends there."""
    begin, stop = written, len(data)
    position = 0
    pending = _NOTHING
    at_line_start = True
    has_text = is_item = False
    apparatus = 0  # level of the heading of a section that is left out
    removed_at = -1  # where in ``out`` something was left out last
    bracket_closed = no_bracket = 0  # up to where the brackets of external links are known
    while position < stop:
        byte = data[position]
        if at_line_start:
            if byte == 0x0A:
                pending = _A_PARAGRAPH
                position += 1
                continue
            if byte == 0x3D and jump[position] == 0:  # =
                level, line_end, is_apparatus = _heading(data, position, stop, sections, jump, name)
                if level:
                    if apparatus == 0 or level <= apparatus:
                        apparatus = level if is_apparatus else 0
                    pending = _A_PARAGRAPH
                    position = line_end
                    continue
            if byte == 0x20 or byte == 0x09:
                position += 1
                continue
            if byte == 0x2A or byte == 0x23 or byte == 0x3A or byte == 0x3B:  # * # : ;
                is_item = True
                position += 1
                continue
            if jump[position] == 0 and (
                byte == 0x7C or (byte == 0x7B and position + 1 < stop and data[position + 1] == 0x7C)
            ):
                position = _line_end(data, position, stop, jump)  # what is left of a table that nothing closes
                pending = _A_PARAGRAPH
                continue
            if byte == 0x2D and position + 3 < stop and run_length(data, position, stop) >= 4:  # ----
                position += run_length(data, position, stop)
                pending = _A_PARAGRAPH
                continue
            at_line_start = False
            if is_item:
                pending = max(pending, _A_NEWLINE)
        target = int(jump[position])
        if target > 0:
            if target - position > 2 or data[position] == 0x7B:
                removed_at = written
            position = target
            continue
        if byte == 0x0A:
            if not has_text:
                pending = _A_PARAGRAPH
            else:
                pending = max(pending, _A_NEWLINE if is_item else _A_SPACE)
            at_line_start, has_text, is_item = True, False, False
            position += 1
            continue
        if apparatus:
            if target < 0:
                position = -target
            elif byte == 0x7B and run_length(data, position, stop) >= 2:
                position = _end_of_line(data, position, stop)
            else:
                position += 1
            continue
        if target < 0:
            while position < -target:
                has_text = True
                written = _due(pending, begin, out, written)
                pending = _NOTHING
                out[written] = data[position]
                written += 1
                position += 1
            continue
        if byte == 0x20:
            if pending == _NOTHING and written > begin:
                pending = _A_SPACE
            position += 1
            continue
        if byte == 0x7B and position + 1 < stop and data[position + 1] == 0x7B:  # {{ that nothing closes
            position = _end_of_line(data, position, stop)
            removed_at = written
            continue
        if byte == 0x7D or byte == 0x27 or byte == 0x5F or byte == 0x5B or byte == 0x5D:  # } ' _ [ ]
            run = run_length(data, position, stop)
            left = run
            if byte == 0x27:
                if run >= 2:
                    left = 1 if run == 4 else max(0, run - 5)
            elif byte == 0x5F:
                end = _magic_word_end(data, position, stop) if run == 2 else -1
                if end > 0:
                    position = end
                    continue
            elif byte == 0x5B and run == 1 and _is_address(data, position + 1, stop):
                if position < bracket_closed or position < no_bracket:
                    left = 0
                else:
                    close, space = _bracket_end(data, position, stop, jump)
                    if close < 0:
                        no_bracket = space
                    else:
                        bracket_closed = close
                        removed_at = written
                        jump[close] = close + 1
                        position = space if space < close else close
                        continue
            elif run >= 2:
                left = 0
            for _ in range(left):
                written = _due(pending, begin, out, written)
                pending = _NOTHING
                out[written] = byte
                written += 1
            has_text |= left > 0
            position += run
            continue
        last = out[written - 1] if written > begin else np.uint8(0)
        if byte == 0x2C or byte == 0x3B or byte == 0x29:  # , ; )
            # "(, Latin: Seul, )" is what removed templates leave of a parenthesis.
            if removed_at >= begin and last == 0x28 and removed_at >= written - 1 and byte != 0x29:
                removed_at = written
                pending = _NOTHING
                position += 1
                continue
            if byte == 0x29 and removed_at >= begin:
                end = written
                while end > begin and (out[end - 1] == 0x20 or out[end - 1] == 0x2C or out[end - 1] == 0x3B):
                    end -= 1
                if removed_at >= end and (end < written or last == 0x28):
                    written, pending = end, _NOTHING
                    if end > begin and out[end - 1] == 0x28:
                        written -= 1
                        while written > begin and out[written - 1] == 0x20:
                            written -= 1
                            pending = _A_SPACE
                        removed_at = written
                        position += 1
                        continue
        if pending == _A_SPACE and last == 0x28 and removed_at >= written - 1:
            pending = _NOTHING
        written = _due(pending, begin, out, written)
        pending = _NOTHING
        has_text = True
        out[written] = byte
        written += 1
        position += 1
        if byte >= 0x80:
            while position < stop and data[position] >= 0x80 and jump[position] == 0:
                out[written] = data[position]
                written += 1
                position += 1
    return written


@inner_kernel
def _due(pending: int, begin: int, out: Any, written: int) -> int:
    """Write the white space that is due; none at the start of a page."""
    if written == begin or pending == _NOTHING:
        return written
    if pending == _A_SPACE:
        out[written] = 0x20
        return written + 1
    out[written] = 0x0A
    if pending == _A_PARAGRAPH:
        out[written + 1] = 0x0A
        return written + 2
    return written + 1


@inner_kernel
def _end_of_line(data: Any, position: int, stop: int) -> int:
    while position < stop and data[position] != 0x0A:
        position += 1
    return position


@inner_kernel
def _line_end(data: Any, position: int, stop: int, jump: Any) -> int:
    """The end of a line, newlines within what is left out not counted."""
    while position < stop and data[position] != 0x0A:
        position = max(position + 1, int(jump[position]))
    return min(position, stop)


@inner_kernel
def _heading(data: Any, start: int, stop: int, sections: Any, jump: Any, name: Any) -> Any:
    """Level of the heading that the line is (0: it is none), its end, and whether its section holds no text."""
    opened = run_length(data, start, stop)
    position = last = start
    while position < stop and data[position] != 0x0A:
        if jump[position] > 0:
            position = int(jump[position])
            continue
        if data[position] != 0x20 and data[position] != 0x09:
            last = position
        position += 1
    closed = 0
    while last - closed > start and data[last - closed] == 0x3D:
        closed += 1
    level = min(opened, closed, 6)
    if level == 0 or last - closed < start + opened - 1:
        return 0, position, False
    is_apparatus = kind_of(data, start + level, last + 1 - level, sections, name) > 0
    return level, position, is_apparatus


@inner_kernel
def _magic_word_end(data: Any, start: int, stop: int) -> int:
    """End of a word such as __NOTOC__ or __목차없음__; -1 where there is none."""
    position = start + 2
    limit = min(stop - 1, start + MAXIMUM_NAME)
    while position < limit and data[position] != 0x5F:
        byte = data[position]
        if byte < 0x80 and not 0x41 <= byte <= 0x5A:
            return -1
        position += 1
    if start + 2 < position < limit and data[position + 1] == 0x5F:
        return position + 2
    return -1


@inner_kernel
def _is_address(data: Any, position: int, stop: int) -> Any:
    """Whether an address begins here: ``//``, or a scheme of up to eight letters and a colon."""
    if position + 1 < stop and data[position] == 0x2F and data[position + 1] == 0x2F:
        return True
    first = position
    while position < stop and position - first < 8 and 0x61 <= data[position] | 0x20 <= 0x7A:
        position += 1
    if position - first < 3 or position + 1 >= stop or data[position] != 0x3A:
        return False
    is_mail = position - first == 6 and data[first] | 0x20 == 0x6D  # mailto
    return is_mail or data[position + 1] == 0x2F


@inner_kernel
def _bracket_end(data: Any, start: int, stop: int, jump: Any) -> Any:
    """The bracket that closes an external link and the space before its text; -1 and the line's end without one."""
    position, space = start, -1
    while position < stop and data[position] != 0x0A:
        if jump[position] != 0:
            position = max(int(jump[position]), position + 1)
            if position > stop:
                return -1, stop
            continue
        if data[position] == 0x20 and space < 0:
            space = position
        if data[position] == 0x5D:
            return position, space if space >= 0 else position
        position += 1
    return -1, position
