"""Where templates, tables, links, tags and comments of wikitext begin and end: the first scan of ``wikitext``."""

from typing import Any

import numpy as np

from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.names import find_name
from pipelines.sources.wiki.names import CONTENT, DISAMBIGUATION, KEEP_BOTH, KEEP_FIRST, KEEP_SECOND, LITERAL

# Deeper nesting is counted and not followed; MediaWiki stops at 40 templates in one another.
DEPTH = 512
STACK_COLUMNS = 6
MAXIMUM_NAME = 64
_MAXIMUM_TAG = 2048
_TEMPLATE, _PARAMETER, _LINK, _TABLE = 1, 2, 3, 4
# Columns of the stack; the places of the first three bars of an entry are the last three.
_KIND, _OPEN, _PIPES, _PIPE = 0, 1, 2, 3


@kernel
def find_structure(data: Any, names: Any, jump: Any, stack: Any, name: Any) -> Any:
    """Write to ``jump`` where to go on, from every place where something is left out; whether it disambiguates.

    A negative entry says that the text up to that place is to be copied as it is.
    """
    templates, tags, namespaces = names[0], names[1], names[2]
    stop = len(data)
    depth = lost = braces = tables = 0
    unclosed = np.zeros(64, np.bool_)  # by index of the tag: nothing closes it from here on
    no_comment_end = False
    bracket = -1  # one that stands alone and is not closed
    at_line_start = True
    disambiguates = False
    position = 0
    while position < stop:
        byte = data[position]
        # Letters of all languages first, for speed.
        if byte >= 0x80 or 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A:
            at_line_start = False
            position += 1
        elif byte == 0x0A:
            # The target of a link ends within its line, its text within its paragraph, but not the caption of a file.
            blank = position + 1 < stop and data[position + 1] == 0x0A
            while depth and stack[depth - 1, _KIND] == _LINK:
                if stack[depth - 1, _PIPES]:
                    target, end = stack[depth - 1, _OPEN] + 2, stack[depth - 1, _PIPE]
                    if not blank or _is_removed(data, target, end, namespaces, name):
                        break
                depth -= 1
            at_line_start = True
            position += 1
        elif byte == 0x7B:  # {
            run = run_length(data, position, stop)
            if run == 1:
                if at_line_start and position + 1 < stop and data[position + 1] == 0x7C:
                    if depth < DEPTH:
                        depth = _push(stack, depth, _TABLE, position)
                        tables += 1
                    position += 1
            else:
                left = run
                while left >= 2:
                    kind = _PARAMETER if left & 1 else _TEMPLATE
                    if depth < DEPTH:
                        depth = _push(stack, depth, kind, position + run - left)
                        braces += 1
                    else:
                        lost += 1
                    left -= 3 if left & 1 else 2
                position += run - 1
            at_line_start = False
            position += 1
        elif byte == 0x7D:  # }
            run = run_length(data, position, stop)
            end = position + run
            while end - position >= 2:
                if lost:
                    lost -= 1
                    position += 2
                    continue
                if not braces:
                    break
                while stack[depth - 1, _KIND] > _PARAMETER:
                    tables -= stack[depth - 1, _KIND] == _TABLE
                    depth -= 1
                depth -= 1
                braces -= 1
                if stack[depth, _KIND] == _PARAMETER and end - position >= 3:
                    jump[stack[depth, _OPEN]] = position + 3
                    position += 3
                else:
                    disambiguates |= _close_template(data, stack[depth], position, templates, jump, name)
                    position += 2
            position = end
            at_line_start = False
        elif byte == 0x5B:  # [
            run = run_length(data, position, stop)
            if run == 1:
                bracket = position
            position += run
            if run >= 2 and depth < DEPTH:
                depth = _push(stack, depth, _LINK, position - 2)
            at_line_start = False
        elif byte == 0x5D:  # ]
            if depth and position + 1 < stop and data[position + 1] == 0x5D and stack[depth - 1, _KIND] == _LINK:
                depth -= 1
                if bracket > stack[depth, _OPEN] and position + 2 < stop and data[position + 2] == 0x5D:
                    position += 1  # the first of three is that of an external link
                _close_link(data, stack[depth], position, namespaces, jump, name)
                position += 1
            bracket = -1
            position += 1
            at_line_start = False
        elif byte == 0x7C:  # |
            following = data[position + 1] if position + 1 < stop else np.uint8(0)
            if at_line_start and following == 0x7D and tables:
                run = run_length(data, position + 1, stop)
                if run != 2 or not braces:
                    while stack[depth - 1, _KIND] != _TABLE:
                        braces -= stack[depth - 1, _KIND] <= _PARAMETER
                        depth -= 1
                    depth -= 1
                    tables -= 1
                    jump[stack[depth, _OPEN]] = position + 2
                    position += 1
            elif depth:
                if stack[depth - 1, _PIPES] < 3:
                    stack[depth - 1, _PIPE + stack[depth - 1, _PIPES]] = position
                stack[depth - 1, _PIPES] += 1
            position += 1
            at_line_start = False
        elif byte == 0x3C:  # <
            if (
                position + 3 < stop
                and data[position + 1] == 0x21
                and data[position + 2] == 0x2D
                and data[position + 3] == 0x2D
            ):
                end = -1 if no_comment_end else _comment_end(data, position + 4, stop)
                if end < 0:
                    no_comment_end = True
                    end = position + 4
                jump[position] = end
                position = end
            else:
                position = _tag(data, position, stop, tags, jump, name, unclosed)
                at_line_start = False
        else:
            at_line_start &= byte == 0x20 or byte == 0x09 or byte == 0x3A or byte == 0x2A or byte == 0x23
            position += 1
    return disambiguates


@inner_kernel
def _push(stack: Any, depth: int, kind: int, position: int) -> int:
    stack[depth, _KIND], stack[depth, _OPEN], stack[depth, _PIPES] = kind, position, 0
    return depth + 1


@inner_kernel
def run_length(data: Any, position: int, stop: int) -> int:
    """How many times the byte at ``position`` is repeated there."""
    end = position + 1
    while end < stop and data[end] == data[position]:
        end += 1
    return end - position


@inner_kernel
def _close_template(data: Any, entry: Any, close: int, templates: Any, jump: Any, name: Any) -> Any:
    """Leave the template out, but for an argument that is text; whether it says that the page disambiguates."""
    start, pipes = entry[_OPEN], entry[_PIPES]
    first_end = entry[_PIPE] if pipes else close
    kind = kind_of(data, start + 2, first_end, templates, name)
    if kind == 0 and pipes and _is_language(name):
        kind = KEEP_FIRST
    jump[start] = close + 2
    argument = 1 if kind == KEEP_SECOND else 0
    if kind in (KEEP_FIRST, KEEP_SECOND, KEEP_BOTH) and pipes > argument:
        begin = entry[_PIPE + argument] + 1
        end = entry[_PIPE + argument + 1] if argument + 1 < min(pipes, 3) else close
        if kind == KEEP_BOTH and pipes > 1:
            data[end] = 0x20
            end = entry[_PIPE + 2] if pipes > 2 else close
        if begin + 1 < end and 0x31 <= data[begin] <= 0x32 and data[begin + 1] == 0x3D:  # the argument's number
            begin += 2
        if begin < end:
            jump[start] = begin
            jump[end] = close + 2
    return kind == DISAMBIGUATION


@inner_kernel
def _close_link(data: Any, entry: Any, close: int, namespaces: Any, jump: Any, name: Any) -> None:
    """Leave out what is not seen of a link: the brackets and the target where there is a text, or all of it."""
    start, pipes = entry[_OPEN], entry[_PIPES]
    begin = start + 2
    target_end = entry[_PIPE] if pipes else close
    if begin < close and data[begin] == 0x3A:  # [[:Category:A]] is seen
        begin += 1
    else:
        removed = _is_removed(data, begin, target_end, namespaces, name)
        if removed or (pipes == 0 and _is_other_language(data, begin, _colon(data, begin, target_end))):
            jump[start] = close + 2
            return
    if pipes and target_end + 1 < close:
        begin = target_end + 1
    elif pipes:
        jump[target_end] = close + 2
    jump[start] = begin if begin < close else close + 2
    jump[close] = close + 2


@inner_kernel
def _is_removed(data: Any, begin: int, end: int, namespaces: Any, name: Any) -> Any:
    """Whether a target is in a namespace of files, categories or the like."""
    return kind_of(data, begin, _colon(data, begin, end), namespaces, name) > 0


@inner_kernel
def _colon(data: Any, begin: int, end: int) -> int:
    """Where the prefix of a target ends; ``begin`` where it has none."""
    limit = min(end, begin + MAXIMUM_NAME)
    colon = begin
    while colon < limit and data[colon] != 0x3A:
        colon += 1
    return colon if colon < limit else begin


@inner_kernel
def _is_other_language(data: Any, begin: int, colon: int) -> Any:
    """Whether a prefix is a language of Wikipedia: two or three small letters, also with a hyphen (zh-min-nan)."""
    letters = 0
    for at in range(begin, colon):
        if data[at] == 0x2D and letters >= 2:
            return True
        if not 0x61 <= data[at] <= 0x7A:
            return False
        letters += 1
    is_doi = letters == 3 and data[begin] == 0x64 and data[begin + 1] == 0x6F and data[begin + 2] == 0x69
    return 2 <= letters <= 3 and not is_doi


@inner_kernel
def _is_language(name: Any) -> Any:
    """Whether ``name`` begins with ``lang-``, as the templates lang-ko and lang-fr do."""
    return name[0] == 0x6C and name[1] == 0x61 and name[2] == 0x6E and name[3] == 0x67 and name[4] == 0x2D


@inner_kernel
def kind_of(data: Any, begin: int, end: int, table: Any, name: Any) -> Any:
    """Value of ``data[begin:end]`` in ``table``, 0 where it is not there; ``name`` then begins with it."""
    name[:5] = 0
    while begin < end and _is_space(data[begin]):
        begin += 1
    length = 0
    while begin < end and length < MAXIMUM_NAME:
        byte = data[begin]
        if byte == 0x5F or byte == 0x0A:
            byte = np.uint8(0x20)
        elif 0x41 <= byte <= 0x5A:
            byte = np.uint8(byte | 0x20)
        elif byte == 0x3C or byte == 0x23:  # a comment or an anchor
            break
        name[length] = byte
        length += 1
        begin += 1
    while length and name[length - 1] == 0x20:
        length -= 1
    index = find_name(table, name, length) if length else -1
    return np.int64(table[4][index]) if index >= 0 else np.int64(0)


@inner_kernel
def _is_space(byte: Any) -> Any:
    return byte == 0x20 or byte == 0x0A or byte == 0x09 or byte == 0x5F


@inner_kernel
def _comment_end(data: Any, position: int, stop: int) -> int:
    while position + 2 < stop:
        if data[position] == 0x2D and data[position + 1] == 0x2D and data[position + 2] == 0x3E:
            return position + 3
        position += 1
    return -1


@inner_kernel
def _tag(data: Any, start: int, stop: int, tags: Any, jump: Any, name: Any, unclosed: Any) -> int:
    """Leave out a tag of MediaWiki, with its content where that is no text; where the first scan goes on."""
    position = start + 1
    closing = position < stop and data[position] == 0x2F
    if closing:
        position += 1
    length = 0
    while position < stop and length < MAXIMUM_NAME and 0x61 <= data[position] | 0x20 <= 0x7A:
        name[length] = data[position] | 0x20
        length += 1
        position += 1
    index = find_name(tags, name, length) if length else -1
    if index < 0:
        return start + 1
    kind = np.int64(tags[4][index])
    limit = min(stop, position + _MAXIMUM_TAG)
    while position < limit and data[position] != 0x3E:
        if data[position] == 0x3C:
            return start + 1
        position += 1
    if position >= limit:
        return start + 1
    end = position + 1
    alone = closing or data[position - 1] == 0x2F
    if alone or (kind != CONTENT and kind != LITERAL):
        jump[start] = end
        return end
    content_end = -1 if unclosed[index] else _closing_tag(data, end, stop, name, length)
    if content_end == -1:
        unclosed[index] = True
    if content_end < 0:
        jump[start] = end
        return end
    after = content_end
    while after < stop and data[after] != 0x3E:
        after += 1
    after = min(after + 1, stop)
    if kind == CONTENT or content_end == end:
        jump[start] = after
    else:
        jump[start], jump[end], jump[content_end] = end, -content_end, after
    return after


@inner_kernel
def _closing_tag(data: Any, position: int, stop: int, name: Any, length: int) -> int:
    """Where the closing tag begins; -1 where there is none, -2 where the same tag opens before it closes."""
    while position + length + 1 < stop:
        if data[position] == 0x3C:
            slash = data[position + 1] == 0x2F
            at = position + 2 if slash else position + 1
            if at + length < stop:
                same = True
                for index in range(length):
                    same &= data[at + index] | 0x20 == name[index]
                after = data[at + length]
                if same and slash and (after == 0x3E or _is_space(after)):
                    return position
                if same and not slash and (after == 0x3E or _is_space(after)):
                    return -2
        position += 1
    return -1
