"""A line of text as the finder of names reads it: folded characters, and the words that they make.

Decomposed syllables (NFD) are composed, full-width letters narrowed, characters that are not seen dropped, and a
placeholder is one character, so that a name is one sequence of codes however it is written.
"""

import unicodedata
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import decode_utf8, mix
from pipelines.core.tables import kept_table
from pipelines.privacy.fold import FOLD

HANGUL, LATIN, DIGITS, PLACEHOLDER, OTHER_LETTER = range(1, 6)
"""Groups of words. A word is a run of characters of one group; nothing else is a word."""
MASK = 0xE000
"""The one code that a placeholder is read as."""
LONGEST = 8192
"""Characters that are read at once; a longer line is cut at a space where there is one."""
ENOUGH = LONGEST - 512
"""From so many characters on a line is cut at the next space."""
_AROUND_PLACEHOLDER = 4
"""Words around it that are judged by it, at the most."""
FIRST_SYLLABLE, SYLLABLES = 0xAC00, 0xD7A4 - 0xAC00
_PLACEHOLDER_LENGTHS = (3, 21)
_NEWLINE, _SPACE, _APOSTROPHE, _HYPHEN = 0x0A, 0x20, 0x27, 0x2D
_SPREAD = np.uint64(0x100000001B3)


class Line(NamedTuple):
    """Room for one line: codes (int32), first byte and end (int64) of each; for each word its first character, end and
    group (int64), its hash (uint64), and whether a name may begin there (bool)."""

    codes: Any
    starts: Any
    ends: Any
    firsts: Any
    stops: Any
    groups: Any
    hashes: Any
    looked_at: Any


def empty_line() -> Line:
    """A line to read into; it holds ``LONGEST`` characters."""
    places = [np.zeros(LONGEST + 2, np.int64) for _ in range(5)]
    hashes, looked_at = np.zeros(LONGEST + 2, np.uint64), np.ones(LONGEST + 2, bool)
    codes = np.zeros(LONGEST + 2, np.int32)
    return Line(codes, places[0], places[1], places[2], places[3], places[4], hashes, looked_at)


@kept_table
def folded_codes() -> NDArray[np.int32]:
    """For each code point of the basic plane the one that is read in its place, 0 for none."""
    table = np.arange(0x10000, dtype=np.int32)
    for code, seen in FOLD.items():
        if code < len(table):
            table[code] = ord(seen) if seen else 0
    for mark, seen in (("’", "'"), ("‘", "'"), ("ʼ", "'")):
        table[ord(mark)] = ord(seen)
    return table


@kept_table
def letter_groups() -> NDArray[np.uint8]:
    """The group of each code point of the basic plane, 0 for what is no part of a word."""
    table = np.zeros(0x10000, np.uint8)
    for code in range(0x10000):
        character = chr(code)
        if character.isdigit():
            table[code] = DIGITS
        elif character.isalpha():
            table[code] = LATIN if unicodedata.name(character, "").startswith("LATIN") else OTHER_LETTER
    table[FIRST_SYLLABLE : FIRST_SYLLABLE + SYLLABLES] = HANGUL
    table[MASK] = PLACEHOLDER
    return table


@kept_table
def plain_letters() -> NDArray[np.int32]:
    """For each code point of the basic plane the small letter without marks that names are compared by."""
    table = np.arange(0x10000, dtype=np.int32)
    for code in range(0x80, 0x2000):
        base = unicodedata.normalize("NFD", chr(code))[0]
        table[code] = ord(base)
    for code in range(0x2000):
        lowered = chr(table[code]).lower()
        table[code] = ord(lowered) if len(lowered) == 1 else table[code]
    return table


@inner_kernel
def extend(state: Any, code: Any) -> Any:
    """Hash of a sequence of codes with one more."""
    return (state ^ np.uint64(code)) * _SPREAD + np.uint64(0x9E37)


@inner_kernel
def hash_codes(codes: Any, start: Any, stop: Any, plain: Any) -> Any:
    """Hash of ``codes[start:stop]`` without spaces, in small letters without marks."""
    state = np.uint64(0)
    for index in range(start, stop):
        code = codes[index]
        if code != _SPACE:
            state = extend(state, plain[code] if code < len(plain) else code)
    return mix(state)


@inner_kernel
def _placeholder_end(data: Any, position: Any, stop: Any) -> Any:
    """End of the placeholder at ``position``, or ``position`` where there is none."""
    after = position + 1
    while after < stop and (65 <= data[after] <= 90 or (data[after] == 95 and after > position + 1)):
        after += 1
    length = after - position - 1
    if after < stop and data[after] == 93 and _PLACEHOLDER_LENGTHS[0] <= length <= _PLACEHOLDER_LENGTHS[1]:
        return after + 1
    return position


@inner_kernel
def _composed(data: Any, position: Any, stop: Any) -> Any:
    """The syllable that begins with the letter at ``position`` (NFD) and its end; or code 0."""
    initial, after = decode_utf8(data, position)
    if after + 3 > stop:
        return np.int32(0), after
    vowel, end = decode_utf8(data, after)
    if not 0x1161 <= vowel <= 0x1175:
        return np.int32(0), after
    syllable = 0xAC00 + ((initial - 0x1100) * 21 + vowel - 0x1161) * 28
    if end + 3 <= stop:
        final, beyond = decode_utf8(data, end)
        if 0x11A8 <= final <= 0x11C2:
            return np.int32(syllable + final - 0x11A7), beyond
    return np.int32(syllable), end


@inner_kernel
def read_line(data: Any, position: Any, stop: Any, folded: Any, line: Line) -> Any:
    """Read one line of ``data[position:stop]`` into ``line``; returns how many characters, and the position behind."""
    count = 0
    while position < stop and count < LONGEST:
        code, after = np.int32(data[position]), position + 1
        if code == _NEWLINE:
            return count, after
        if code == 0x5B:
            end = _placeholder_end(data, position, stop)
            if end > position:
                code, after = np.int32(MASK), end
        elif code >= 0x80:
            code, after = decode_utf8(data, position)
            if 0x1100 <= code <= 0x1112:
                syllable, end = _composed(data, position, stop)
                if syllable:
                    code, after = syllable, end
            elif code < 0xAC00 or 0xD7A4 <= code < 0x10000:
                code = folded[code]
        if code:
            line.codes[count] = code
            line.starts[count] = position
            line.ends[count] = after
            count += 1
        position = after
        if code == _SPACE and count > ENOUGH:
            break
    return count, position


@inner_kernel
def _group(code: Any, groups: Any) -> Any:
    if FIRST_SYLLABLE <= code < FIRST_SYLLABLE + SYLLABLES:
        return np.int64(HANGUL)
    return np.int64(groups[np.uint32(code)]) if code < len(groups) else np.int64(0)


@inner_kernel
def _read_word(line: Line, index: Any, count: Any, group: Any, groups: Any, plain: Any) -> Any:
    """End of the word of ``group`` at ``index``, and its hash, which is that of ``hash_codes``."""
    state = np.uint64(0)
    while True:
        code = line.codes[index]
        state = extend(state, plain[code] if code < len(plain) else code)
        index += 1
        if index == count or group == PLACEHOLDER:
            break
        if _group(line.codes[index], groups) != group:
            if group != LATIN or not _joins_letters(line, index, count, groups):
                break
            state = extend(state, plain[line.codes[index]])
            index += 1
    return index, mix(state)


@inner_kernel
def _joins_letters(line: Line, index: Any, count: Any, groups: Any) -> Any:
    """Whether a hyphen, or an apostrophe before a capital, stands before another letter."""
    code = line.codes[index]
    if (code != _HYPHEN and code != _APOSTROPHE) or index + 1 == count:
        return False
    following = line.codes[index + 1]
    return _group(following, groups) == LATIN and (code == _HYPHEN or 65 <= following <= 90)


@inner_kernel
def read_words(line: Line, words: Any, index: Any, count: Any, groups: Any, plain: Any) -> Any:
    """Write the words of the characters from ``index`` to ``count`` to ``line``, behind the ``words`` that it has;
    returns how many it has then."""
    while index < count:
        group = _group(line.codes[index], groups)
        if group == 0:
            index += 1
            continue
        if group == HANGUL:
            end = index
            state = np.uint64(0)
            while end < count and FIRST_SYLLABLE <= line.codes[end] < FIRST_SYLLABLE + SYLLABLES:
                state = extend(state, line.codes[end])
                end += 1
            line.hashes[words] = mix(state)
        else:
            end, line.hashes[words] = _read_word(line, index, count, group, groups, plain)
        line.firsts[words] = index
        line.stops[words] = end
        line.groups[words] = group
        words += 1
        index = end
    return words


@inner_kernel
def put_placeholders(line: Line, count: Any, words: Any, names: Any, number: Any, groups: Any, plain: Any) -> Any:
    """Let one placeholder each stand in place of the first ``number`` of ``names`` (first character and end, in order,
    each beginning with a word); returns how many characters and words the line has then."""
    first = names[0, 0]
    while words and line.firsts[words - 1] >= first:
        words -= 1
    place = index = first
    for name in range(number + 1):
        start = names[name, 0] if name < number else count
        while index < start:
            line.codes[place], line.starts[place] = line.codes[index], line.starts[index]
            line.ends[place] = line.ends[index]
            place, index = place + 1, index + 1
        if name < number:
            index = names[name, 1]
            line.codes[place], line.starts[place], line.ends[place] = MASK, line.starts[start], line.ends[index - 1]
            place += 1
    return place, read_words(line, words, first, place, groups, plain)


@inner_kernel
def look_at(line: Line, words: Any, near: Any) -> None:
    """Let names begin at all words, or, where ``near``, at those alone that a placeholder stands near."""
    line.looked_at[:words] = not near
    for word in range(words if near else 0):
        if line.groups[word] == PLACEHOLDER:
            line.looked_at[max(0, word - _AROUND_PLACEHOLDER) : min(words, word + _AROUND_PLACEHOLDER + 1)] = True
