"""Where sentences end: one compiled loop that decides at each space.

Nothing here knows a word of a language: the words are the hash set that the loop is given.
"""

from typing import Any, NamedTuple

import numpy as np

from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import decode_utf8
from pipelines.text.endings import FEATURES, before, is_likely_end
from pipelines.text.listed_words import (
    ABBREVIATION,
    INNER,
    NUMBERED,
    QUOTATIVE,
    SAYING,
    STARTER,
    TITLE,
    latin_flags,
    look_up,
    prefix_flags,
)
from pipelines.text.sentence_lines import find_line_end, is_korean, mark_density, skip_plain_words

OTHER, HANGUL, UPPER, LOWER, DIGIT, PUNCTUATION, DASH = range(7)
SPACE, NEWLINE = 7, 8
STOP, STRONG, ELLIPSIS, IDEOGRAPHIC, CLOSER, QUOTE, EMOTICON = range(9, 16)
OPENER = 16
"""Classes of characters. SPACE divides what words are made of from what the loop has to look at."""

AUTO, KOREAN, ENGLISH = range(3)
_LONGEST_PAIR = 600  # bytes; what is quoted or bracketed for longer is text like any other
QUOTATIONS = 9


class Tables(NamedTuple):
    """What the loop looks up: class of each code point, pairs of marks, listed words, weights of the classifier.

    ``candidates`` says which syllables, by code point, may end a sentence without a mark.
    """

    classes: Any
    closers: Any
    keys: Any
    flags: Any
    candidates: Any
    weights: Any


@inner_kernel
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
    listed = latin_flags(data, word, stop, keys, flags)
    if listed & TITLE or (listed & NUMBERED and upcoming == DIGIT):
        return False
    if stop - word == 1:
        return not first and (last == LOWER or data[word] == 73) and upcoming != LOWER
    if listed & ABBREVIATION or (dots and 2 * dots + 1 == stop - word):
        end = following
        while end < line_end and (97 <= data[end] | 32 <= 122 or data[end] == 39):
            end += 1
        return upcoming != LOWER and latin_flags(data, following, end, keys, flags) & STARTER != 0
    # Informal writers start sentences in lower case; edited text has a small letter here behind abbreviations only.
    return upcoming != LOWER or (listed & ~STARTER == 0 and dots == 0 and data[word] >= 97)


@inner_kernel
def _is_end(
    data: Any,
    sentence: Any,
    start: Any,
    core: Any,
    stop: Any,
    following: Any,
    line_end: Any,
    korean: Any,
    words: Any,
    density: Any,
    aside: Any,
    tables: Any,
    features: Any,
    lesson: Any,
) -> Any:
    """Whether a sentence ends between the word ``data[start:stop]`` and the one at ``following``.

    What stands from ``core`` on are separate words of marks and emoticons; the word is number ``words`` of the sentence
    that began at ``sentence``; ``aside`` says that a bracket closes in it which does not open in it: no mark in it ends
    the sentence around it.
    """
    classes, keys, flags = tables.classes, tables.keys, tables.flags
    stops = 0
    mark = np.int64(0)
    strong = closed = emoticon = inside = False
    position = stop
    kind = np.int64(SPACE)
    while position > start:
        previous = before(data, position)
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
        mark = np.int64(code)
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
    listed = prefix_flags(data, target, line_end, keys, flags) if upcoming == HANGUL else np.int64(0)
    if listed & QUOTATIVE or (listed & SAYING and (closed or strong)):
        return False
    if closed and upcoming == LOWER:
        return False
    if inside and not (strong or stops or emoticon):
        return False
    if strong:
        return True
    if kind == HANGUL and stops == 1:
        return words > 1 or position - start > 3
    if kind == HANGUL or (korean and (stops > 1 or emoticon)):
        tail = np.int64(8 * (stops > 0) + 4 * emoticon + 2 * closed + (core < stop))
        return is_likely_end(
            data,
            sentence,
            start,
            position,
            following,
            line_end,
            words,
            tail,
            mark,
            density,
            classes,
            tables.weights,
            features,
            lesson,
        )
    if stops > 1:
        return upcoming == UPPER or upcoming == HANGUL
    if stops == 0:
        return False
    kinds = (kind, upcoming, korean)
    return _ends_latin(data, start, position, target, line_end, words == 1, kinds, keys, flags)


@inner_kernel
def _is_ruler(data: Any, position: Any, line_end: Any) -> Any:
    """Whether the word at ``position`` is a line drawn with four marks or more, as between parts of an e-mail."""
    mark = data[position]
    if not (mark == 45 or mark == 61 or mark == 95 or mark == 42 or mark == 35 or mark == 43):
        return False
    end = position
    while end < line_end and data[end] == mark:
        end += 1
    return end - position >= 4 and (end == line_end or data[end] == 32)


@inner_kernel
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


@inner_kernel
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


@inner_kernel
def _skip_space(data: Any, position: Any, end: Any, classes: Any) -> Any:
    while position < end:
        code, after = decode_utf8(data, position)
        if classes[code] != SPACE and classes[code] != NEWLINE:
            break
        position = after
    return position


@kernel
def find_ends(data: Any, offsets: Any, languages: Any, tables: Any, ends: Any, stops: Any, lesson: Any) -> Any:
    """Fill ``ends`` with the end of each sentence and ``stops`` (rows + 1); returns the number of sentences."""
    classes, closers, keys, flags = tables.classes, tables.closers, tables.keys, tables.flags
    used = np.int64(0)
    features = np.zeros(FEATURES, np.int64)
    tried = np.zeros(len(closers), np.int64)
    for row in range(len(offsets) - 1):
        end = offsets[row + 1]
        word = _skip_space(data, offsets[row], end, classes)
        if word == end and offsets[row] < end:
            ends[used] = end
            used += 1
        tried[:] = 0
        while word < end:
            line_end = find_line_end(data, word, end)
            korean = languages[row] == KOREAN if languages[row] else is_korean(data, word, line_end)
            density = mark_density(data, word, line_end) if korean else np.int64(7)
            sentence = word
            words = np.int64(0)
            closing = np.int64(0)
            bracket = np.int64(-1)
            while word < line_end:
                word, position, plain = skip_plain_words(data, word, line_end, tables.candidates)
                words += plain
                last = np.int64(SPACE)
                last_code = np.int64(0)
                if position > word:
                    decoded, _ = decode_utf8(data, before(data, position))
                    last_code = np.int64(decoded)
                    last = np.int64(classes[last_code])
                marks = 0
                inner = False
                words += 1
                while position < line_end:
                    decoded, after = decode_utf8(data, position)
                    code = np.int64(decoded)
                    kind = np.int64(classes[code])
                    if kind < SPACE:
                        if marks:
                            if position >= closing and (
                                inner and not prefix_flags(data, position, line_end, keys, flags) & (QUOTATIVE | SAYING)
                            ):
                                ends[used] = position
                                used += 1
                                sentence = word = position
                                words = np.int64(1)
                            marks = 0
                            inner = False
                    elif kind == SPACE:
                        break
                    elif kind <= IDEOGRAPHIC:
                        # Right behind a mark the next sentence may start without a space: after "。", and in Korean.
                        if marks == 0 and last == HANGUL:
                            inner = kind == STRONG or (look_up(keys, flags, last_code) & INNER) != 0
                        inner = inner or kind == IDEOGRAPHIC
                        marks += 1
                    elif position >= closing and (
                        (kind == OPENER and last_code != 58)  # ":(" opens nothing
                        or (kind == QUOTE and korean and (position == word or last == OPENER))
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
                    if decorated == following or (not korean and _is_ruler(data, following, line_end)):
                        break
                    position = decorated
                    following = _skip_space(data, position, line_end, classes)
                    last = np.int64(EMOTICON)
                is_end = False
                if following < line_end and position > closing:
                    if not korean and (_is_ruler(data, following, line_end) or _is_ruler(data, word, line_end)):
                        is_end = True
                    elif last >= STOP:
                        is_end = _is_end(
                            data,
                            sentence,
                            word,
                            core,
                            position,
                            following,
                            line_end,
                            korean,
                            words,
                            density,
                            bracket > sentence and word <= closing,
                            tables,
                            features,
                            lesson,
                        )
                    elif (
                        last == HANGUL
                        and tables.candidates[last_code - 0xAC00]
                        and data[following] != 40  # what is in a bracket belongs to the sentence before it
                    ):
                        is_end = is_likely_end(
                            data,
                            sentence,
                            word,
                            position,
                            following,
                            line_end,
                            words,
                            np.int64(0),
                            np.int64(0),
                            density,
                            classes,
                            tables.weights,
                            features,
                            lesson,
                        )
                if is_end:
                    ends[used] = following
                    used += 1
                    sentence = following
                    words = np.int64(0)
                word = following
            word = _skip_space(data, line_end, end, classes)
            ends[used] = word
            used += 1
        stops[row + 1] = used
    return used
