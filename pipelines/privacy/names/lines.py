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
    starts, ends = (np.zeros(LONGEST, np.int64) for _ in range(2))
    firsts, stops, groups = (np.zeros(2 * LONGEST, np.int64) for _ in range(3))
    hashes, looked_at = np.zeros(2 * LONGEST, np.uint64), np.ones(LONGEST, bool)
    return Line(np.zeros(LONGEST, np.int32), starts, ends, firsts, stops, groups, hashes, looked_at)


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
def read_line(data: Any, position: Any, stop: Any, tables: Any, line: Line) -> Any:
    """Read one line of ``data[position:stop]`` into ``line``; returns how many characters and words it has, and the
    position behind.

    ``tables``: what `folded_codes`, `letter_groups` and `plain_letters` give. The hash of a word is that of
    ``hash_codes``.
    """
    folded, groups, plain = tables
    characters = words = 0
    state = np.uint64(0)
    while position < stop and characters < LONGEST:
        code, after = np.int32(data[position]), position + 1
        if code == _NEWLINE:
            return characters, words, after
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
            _put(line, characters, code, position, after)
            characters += 1
        position = after
        group = _group(code, groups)
        if group == 0:
            if code == _SPACE and characters > ENOUGH:
                break
            continue
        if not _goes_on(line, words, characters - 1, code, group):
            line.firsts[words], line.groups[words] = characters - 1, group
            state = np.uint64(0)
            words += 1
        elif line.stops[words - 1] < characters - 1:
            state = extend(state, plain[line.codes[characters - 2]])
        state = extend(state, plain[code] if code < len(plain) else code)
        if group == HANGUL:
            characters, position, state = _read_syllables(data, position, stop, line, characters, state)
        elif group == LATIN:
            characters, position, state = _read_letters(data, position, stop, line, characters, state)
        line.stops[words - 1] = characters
        line.hashes[words - 1] = mix(state)
        if position < stop and characters < ENOUGH and data[position] == _SPACE:
            _put(line, characters, np.int32(_SPACE), position, position + 1)
            characters, position = characters + 1, position + 1
    return characters, words, position


@inner_kernel
def _read_syllables(data: Any, position: Any, stop: Any, line: Line, characters: Any, state: Any) -> Any:
    """Read syllables, composed ones, as far as there are; returns how many characters the line has then, the position
    behind and ``state`` with them."""
    while position + 2 < stop and characters < LONGEST:
        at = np.uint64(position)
        # With another first byte than those of three the sum is no syllable.
        code = (np.int32(data[at]) << 12) + (np.int32(data[at + np.uint64(1)]) << 6) + data[at + np.uint64(2)] - 0xE2080
        if not FIRST_SYLLABLE <= code < FIRST_SYLLABLE + SYLLABLES:
            break
        _put(line, characters, code, position, position + 3)
        state = extend(state, code)
        characters, position = characters + 1, position + 3
    return characters, position, state


@inner_kernel
def _read_letters(data: Any, position: Any, stop: Any, line: Line, characters: Any, state: Any) -> Any:
    """The same for ASCII letters."""
    stop = min(stop, position + LONGEST - characters)
    behind = position - characters
    while position < stop:
        code = np.int32(data[np.uint64(position)])
        if not 0x61 <= code | 0x20 <= 0x7A:
            break
        _put(line, position - behind, code, position, position + 1)
        state = extend(state, code | 0x20)
        position += 1
    return position - behind, position, state


@inner_kernel
def _put(line: Line, place: Any, code: Any, start: Any, end: Any) -> None:
    at = np.uint64(place)  # else each index is looked at for being negative
    line.codes[at] = code
    line.starts[at] = start
    line.ends[at] = end


@inner_kernel
def _group(code: Any, groups: Any) -> Any:
    if FIRST_SYLLABLE <= code < FIRST_SYLLABLE + SYLLABLES:
        return np.int64(HANGUL)
    return np.int64(groups[np.uint32(code)]) if code < len(groups) else np.int64(0)


@inner_kernel
def _goes_on(line: Line, words: Any, place: Any, code: Any, group: Any) -> Any:
    """Whether the last of ``words`` goes on with the ``code`` of a ``group`` at ``place``: of one group, and next to
    it, or among letters behind a hyphen, or, if it is a capital, behind an apostrophe."""
    if words == 0 or line.groups[words - 1] != group or group == PLACEHOLDER:
        return False
    end = line.stops[words - 1]
    if end == place or group != LATIN or end < place - 1:
        return end == place
    return line.codes[end] == _HYPHEN or (line.codes[end] == _APOSTROPHE and 65 <= code <= 90)


@inner_kernel
def put_placeholders(line: Line, characters: Any, words: Any, names: Any, number: Any, plain: Any) -> Any:
    """Let one placeholder each stand in place of the first ``number`` of ``names`` (first character and end, in order,
    each beginning with a word); returns how many characters and words the line has then."""
    place = names[0, 0]
    written = words
    while written and line.firsts[written - 1] >= place:
        written -= 1
    # A word in which a name ends becomes two: with so much room no word is written over that is yet to be read.
    for word in range(words - 1, written - 1, -1):
        _put_word(line, word + number, line.firsts[word], line.stops[word], line.groups[word], line.hashes[word])
    word, words = written + number, words + number
    for name in range(number):
        first, index = names[name, 0], names[name, 1]
        _put(line, place, MASK, line.starts[first], line.ends[index - 1])
        _put_word(line, written, place, place + 1, PLACEHOLDER, mix(extend(np.uint64(0), MASK)))
        place, written = place + 1, written + 1
        while word < words and line.stops[word] <= index:
            word += 1
        if word < words and line.firsts[word] < index:
            line.firsts[word], line.hashes[word] = index, hash_codes(line.codes, index, line.stops[word], plain)
        stop = names[name + 1, 0] if name + 1 < number else characters
        shift = index - place
        while word < words and line.firsts[word] < stop:
            first, end = line.firsts[word] - shift, line.stops[word] - shift
            _put_word(line, written, first, end, line.groups[word], line.hashes[word])
            word, written = word + 1, written + 1
        while index < stop:
            _put(line, place, line.codes[index], line.starts[index], line.ends[index])
            place, index = place + 1, index + 1
    return place, written


@inner_kernel
def _put_word(line: Line, word: Any, first: Any, stop: Any, group: Any, hashed: Any) -> None:
    line.firsts[word], line.stops[word], line.groups[word], line.hashes[word] = first, stop, group, hashed


@inner_kernel
def look_at(line: Line, words: Any, near: Any) -> None:
    """Let names begin at all words, or, where ``near``, at those alone that a placeholder stands near."""
    line.looked_at[:words] = not near
    for word in range(words if near else 0):
        if line.groups[word] == PLACEHOLDER:
            line.looked_at[max(0, word - _AROUND_PLACEHOLDER) : min(words, word + _AROUND_PLACEHOLDER + 1)] = True
