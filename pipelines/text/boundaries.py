"""Where sentences end: one compiled loop that decides at each space.

Nothing here knows a word of a language: the words are the hash set that the loop is given.
"""

from typing import Any

import numpy as np

from pipelines.core.kernel import kernel
from pipelines.core.kernels import decode_utf8, mix

OTHER, HANGUL, UPPER, LOWER, DIGIT, PUNCTUATION, DASH = range(7)
SPACE, NEWLINE = 7, 8
STOP, STRONG, ELLIPSIS, IDEOGRAPHIC, CLOSER, QUOTE, EMOTICON = range(9, 16)
OPENER = 16
"""Classes of characters. SPACE divides what words are made of from what the loop has to look at."""

FINAL, CASUAL, NOUN, INNER, QUOTATIVE, SAYING, GOING_ON = (1 << bit for bit in range(7))
TITLE, NUMBERED, ABBREVIATION, STARTER = (1 << bit for bit in range(7, 11))
FLAGS = {
    "final": FINAL,
    "casual": CASUAL,
    "noun": NOUN,
    "inner": INNER,
    "quotative": QUOTATIVE,
    "saying": SAYING,
    "going_on": GOING_ON,
    "title": TITLE,
    "numbered": NUMBERED,
    "abbreviation": ABBREVIATION,
    "starter": STARTER,
}
AUTO, KOREAN, ENGLISH = range(3)
_LONGEST_PAIR = 600  # bytes; what is quoted or bracketed for longer is text like any other
QUOTATIONS = 9
_FINAL_CONSONANTS = "\0ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_JAMO = np.array([ord(jamo) if jamo != "\0" else 0 for jamo in _FINAL_CONSONANTS], np.int64)


@kernel
def _flags_of(keys: Any, flags: Any, key: Any) -> Any:
    mask = np.int64(len(keys) - 1)
    slot = np.int64(mix(key)) & mask
    while flags[slot] and keys[slot] != key:
        slot = (slot + 1) & mask
    return flags[slot]


@kernel
def _before(data: Any, position: Any) -> Any:
    """Start of the character that ends at ``position``."""
    position -= 1
    while data[position] & 0xC0 == 0x80:
        position -= 1
    return position


@kernel
def _suffix_flags(data: Any, start: Any, stop: Any, keys: Any, flags: Any) -> Any:
    """What the last one to three syllables of a Korean word of more than one syllable are listed as."""
    found = np.int64(0)
    key = np.int64(0)
    position = stop
    for length in range(3):
        if position <= start:
            break
        position = _before(data, position)
        code, _ = decode_utf8(data, position)
        if not 0xAC00 <= code < 0xD7A4:
            break
        key |= np.int64(code) << (16 * length)
        if length or position > start:
            found |= _flags_of(keys, flags, key)
        consonant = _JAMO[(code - 0xAC00) % 28]
        if length and consonant:
            shorter = key & ((np.int64(1) << (16 * length)) - 1)
            found |= _flags_of(keys, flags, shorter | (np.int64(consonant) << (16 * length)))
    return found


@kernel
def _prefix_flags(data: Any, start: Any, stop: Any, keys: Any, flags: Any) -> Any:
    """What the first two or three syllables of a word are listed as, or its one syllable where it has one."""
    found = np.int64(0)
    single = np.int64(0)
    key = np.int64(0)
    position = start
    length = 0
    while position < stop and length < 3:
        code, position = decode_utf8(data, position)
        if not 0xAC00 <= code < 0xD7A4:
            break
        key = (key << 16) | np.int64(code)
        length += 1
        if length == 1:
            single = key
        else:
            found |= _flags_of(keys, flags, key)
    return _flags_of(keys, flags, single) if length == 1 else found


@kernel
def _latin_flags(data: Any, start: Any, stop: Any, keys: Any, flags: Any) -> Any:
    """What ``data[start:stop]``, in lower case, is listed as."""
    if stop - start > 8:
        return np.int64(0)
    key = np.int64(0)
    for position in range(start, stop):
        byte = np.int64(data[position])
        key = (key << 8) | (byte + 32 if 65 <= byte <= 90 else byte)
    return _flags_of(keys, flags, key)


@kernel
def _ends_latin(
    data: Any, start: Any, stop: Any, following: Any, line_end: Any, first: Any, kinds: Any, keys: Any, flags: Any
) -> Any:
    """Whether one full stop behind ``data[start:stop]``, which ends in a letter or digit, ends a sentence.

    ``kinds`` holds the class of the last character, that of the first one of the next word, and whether the line is
    Korean.
    """
    last, upcoming, korean = kinds
    if last == DIGIT:
        return not (first and stop - start <= 3) and not korean and upcoming != DIGIT and upcoming != LOWER
    word = stop
    dots = 0
    while word > start and stop - word < 9:
        byte = data[word - 1] | 32
        if not (97 <= byte <= 122 or data[word - 1] == 46):
            break
        dots += data[word - 1] == 46
        word -= 1
    listed = _latin_flags(data, word, stop, keys, flags)
    if listed & TITLE or (listed & NUMBERED and upcoming == DIGIT):
        return False
    if stop - word == 1:
        return not first and (last == LOWER or data[word] == 73) and upcoming != LOWER
    if listed & ABBREVIATION or (dots and 2 * dots + 1 == stop - word):
        end = following
        while end < line_end and (97 <= data[end] | 32 <= 122 or data[end] == 39):
            end += 1
        return upcoming != LOWER and _latin_flags(data, following, end, keys, flags) & STARTER != 0
    # Informal writers start sentences in lower case; edited text has a small letter here behind abbreviations only.
    return upcoming != LOWER or (listed == 0 and dots == 0 and data[word] >= 97 and stop - word >= 3)


@kernel
def _is_end(
    data: Any,
    start: Any,
    core: Any,
    stop: Any,
    following: Any,
    line_end: Any,
    korean: Any,
    first: Any,
    aside: Any,
    classes: Any,
    keys: Any,
    flags: Any,
) -> Any:
    """Whether a sentence ends between the word ``data[start:stop]`` and the one at ``following``.

    What stands from ``core`` on are separate words of marks and emoticons; ``first`` says that the word opens its
    sentence, ``aside`` that a bracket closes in it which does not: no mark in it ends the sentence around it.
    """
    stops = 0
    strong = closed = emoticon = inside = False
    position = stop
    kind = np.int64(SPACE)
    while position > start:
        previous = _before(data, position)
        code, _ = decode_utf8(data, previous)
        kind = np.int64(classes[code])
        if kind == STOP:
            stops += not inside
        elif kind == ELLIPSIS:
            stops += 0 if inside else 3
        elif kind == STRONG or kind == IDEOGRAPHIC:
            strong = not inside or strong
        elif kind == CLOSER or kind == QUOTE:
            closed = True
            inside = inside or (aside and kind == CLOSER)
        elif kind == EMOTICON:
            emoticon = True
        elif previous < core:
            break
        position = previous
    if position == start or kind == OPENER:
        return False
    upcoming = np.int64(PUNCTUATION)
    target = following
    while target < line_end:
        code, after = decode_utf8(data, target)
        upcoming = np.int64(classes[code])
        if upcoming != QUOTE and upcoming != OPENER and upcoming != CLOSER:
            break
        target = after
    listed = _prefix_flags(data, target, line_end, keys, flags) if upcoming == HANGUL else np.int64(0)
    marked = strong or stops > 0
    if listed & QUOTATIVE or (listed & SAYING and (closed or strong or not marked)):
        return False
    if closed and upcoming == LOWER:
        return False
    if strong:
        return True
    if kind == HANGUL:
        if stops == 1:
            return not (first and position - start <= 3)
        suffix = _suffix_flags(data, start, position, keys, flags)
        if suffix & NOUN:
            return False
        if stops or emoticon:
            return suffix & (FINAL | CASUAL) != 0
        return suffix & FINAL != 0 and not closed and not listed & GOING_ON
    if stops > 1:
        return upcoming == UPPER or upcoming == HANGUL
    if stops == 0:
        return False
    kinds = (kind, upcoming, korean)
    return _ends_latin(data, start, position, target, line_end, first, kinds, keys, flags)


@kernel
def _decoration_end(data: Any, position: Any, line_end: Any, classes: Any) -> Any:
    """End of the word at ``position`` if it is all marks, closing signs and emoticons; else ``position``."""
    start = position
    while position < line_end:
        code, after = decode_utf8(data, position)
        kind = classes[code]
        if kind == SPACE:
            break
        if kind < PUNCTUATION or kind == DASH or kind == OPENER:
            return start
        position = after
    return position


@kernel
def _closer_end(data: Any, position: Any, limit: Any, closer: Any, classes: Any) -> Any:
    """Position of ``closer`` before ``limit``, or -1. An apostrophe within a word closes nothing."""
    while position < limit:
        code, after = decode_utf8(data, position)
        if code == closer:
            if closer != 39 or after >= limit:
                return position
            code, _ = decode_utf8(data, after)
            if classes[code] != LOWER and classes[code] != UPPER:
                return position
        position = after
    return np.int64(-1)


@kernel
def _line(data: Any, position: Any, end: Any) -> Any:
    """End of the line at ``position``, and whether it has a syllable of Hangul to four Latin letters or more."""
    syllables = 0
    letters = 0
    while position < end:
        byte = data[position]
        if byte < 0x80:
            if byte <= 0x0D and byte >= 0x0A:
                break
            letters += 97 <= byte | 32 <= 122
        elif 0xEA <= byte <= 0xED:
            syllables += 1
        elif (byte == 0xC2 and data[position + 1] == 0x85) or (
            byte == 0xE2 and data[position + 1] == 0x80 and data[position + 2] & 0xFE == 0xA8
        ):
            break
        position += 1
    return position, 4 * syllables >= letters


@kernel
def _skip_space(data: Any, position: Any, end: Any, classes: Any) -> Any:
    while position < end:
        code, after = decode_utf8(data, position)
        if classes[code] != SPACE and classes[code] != NEWLINE:
            break
        position = after
    return position


@kernel
def find_ends(
    data: Any, offsets: Any, languages: Any, classes: Any, closers: Any, keys: Any, flags: Any, ends: Any, stops: Any
) -> Any:
    """Fill ``ends`` with the end of each sentence and ``stops`` (rows + 1); returns the number of sentences."""
    used = np.int64(0)
    tried = np.zeros(len(closers), np.int64)
    for row in range(len(offsets) - 1):
        end = offsets[row + 1]
        word = _skip_space(data, offsets[row], end, classes)
        if word == end and offsets[row] < end:
            ends[used] = end
            used += 1
        tried[:] = 0
        while word < end:
            line_end, korean = _line(data, word, end)
            if languages[row]:
                korean = languages[row] == KOREAN
            sentence = word
            closing = np.int64(0)
            bracket = np.int64(-1)
            while word < line_end:
                position = word
                last = np.int64(SPACE)
                last_code = np.int64(0)
                marks = 0
                inner = False
                while position < line_end:
                    decoded, after = decode_utf8(data, position)
                    code = np.int64(decoded)
                    kind = np.int64(classes[code])
                    if kind < SPACE:
                        if marks:
                            if position >= closing and (
                                inner
                                and not _prefix_flags(data, position, line_end, keys, flags) & (QUOTATIVE | SAYING)
                            ):
                                ends[used] = position
                                used += 1
                                sentence = word = position
                            marks = 0
                            inner = False
                    elif kind == SPACE:
                        break
                    elif kind <= IDEOGRAPHIC:
                        # Right behind a mark the next sentence may start without a space: after "。", and in Korean.
                        if marks == 0 and last == HANGUL:
                            inner = kind == STRONG or (_flags_of(keys, flags, last_code) & INNER) != 0
                        inner = inner or kind == IDEOGRAPHIC
                        marks += 1
                    elif position >= closing and (
                        kind == OPENER or (kind == QUOTE and korean and (position == word or last == OPENER))
                    ):
                        for pair in range(len(closers)):
                            if closers[pair, 0] == code and (korean or pair >= QUOTATIONS):
                                limit = min(line_end, position + _LONGEST_PAIR)
                                found = _closer_end(data, max(after, tried[pair]), limit, closers[pair, 1], classes)
                                if found < 0:
                                    tried[pair] = limit
                                else:
                                    closing = found
                                    bracket = position if pair >= QUOTATIONS else np.int64(-1)
                    if kind == CLOSER or kind == QUOTE:
                        inner = False
                    last = kind
                    last_code = code
                    position = after
                core = position
                following = _skip_space(data, position, line_end, classes)
                while following < line_end:
                    decoded, _ = decode_utf8(data, following)
                    if classes[decoded] < PUNCTUATION:
                        break
                    decorated = _decoration_end(data, following, line_end, classes)
                    if decorated == following:
                        break
                    position = decorated
                    following = _skip_space(data, position, line_end, classes)
                    last = np.int64(EMOTICON)
                if (
                    following < line_end
                    and position > closing
                    and (last >= STOP or (last == HANGUL and _flags_of(keys, flags, last_code) & CASUAL))
                    and _is_end(
                        data,
                        word,
                        core,
                        position,
                        following,
                        line_end,
                        korean,
                        word == sentence,
                        bracket > sentence and word <= closing,
                        classes,
                        keys,
                        flags,
                    )
                ):
                    ends[used] = following
                    used += 1
                    sentence = following
                word = following
            word = _skip_space(data, line_end, end, classes)
            ends[used] = word
            used += 1
        stops[row + 1] = used
    return used
