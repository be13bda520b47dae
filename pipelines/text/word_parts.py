"""Counts what the words of a text are cut into, where a profile does not take what white space separates."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.core.bits import leading_letters, load_eight
from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import decode_utf8, eight_bytes, mix
from pipelines.text.english_cases import special_words
from pipelines.text.english_words import (
    cut_english,
    english_flags,
    sieve_slot,
    units_after_numbers,
)
from pipelines.text.korean_words import cut_korean, korean_endings
from pipelines.text.measure_columns import (
    CHARACTERS_OF_WORDS,
    CLASS,
    DISTINCT_FUNCTION_WORDS,
    DISTINCT_WORDS,
    FUNCTION_WORDS,
    KEPT_SENTENCES,
    KEPT_WORDS,
    MARK,
    SENTENCE_MARK,
    SENTENCES,
    WORDS,
    WORDS_NOT_PUNCTUATION,
    WORDS_WITH_LETTER,
)
from pipelines.text.repetition import count_repetition
from pipelines.text.unicode import DIGIT, PUNCTUATION

Words = Literal["white_space", "english", "korean"]
"""What a word is: what white space separates, words and marks as spaCy cuts English, or nearly Korean morphemes."""
ENGLISH, KOREAN = range(2)
CUTS = {"english": ENGLISH, "korean": KOREAN}

_ODD = np.uint64(0x9E3779B97F4A7C15)
_LONGEST_CUT = 4096  # characters: what is longer is cut there before the rules look at it


def cutter() -> tuple[NDArray[Any], ...]:
    """Room for one word, its code points, where each is and where its parts end, and the tables that cut it."""
    codes, places = np.empty(_LONGEST_CUT, np.int32), np.empty(_LONGEST_CUT + 1, np.int64)
    room = codes, places, np.empty(2 * _LONGEST_CUT, np.int64)
    return *room, english_flags(), *special_words(), units_after_numbers(), korean_endings()


def hashed_words(words: Sequence[str]) -> NDArray[np.uint64]:
    """Sorted hashes of the words."""
    data = (np.frombuffer(word.encode(), np.uint8) for word in words)
    return np.array(sorted({_hash_part(word, 0, len(word)) for word in data}), np.uint64)


@inner_kernel
def _hash_part(data: Any, start: Any, stop: Any) -> Any:
    """Hash of the UTF-8 ``data[start:stop]``, never 0."""
    state = np.uint64(stop - start)
    while stop - start > 8:
        state = (state ^ load_eight(data, start)) * _ODD
        state ^= state >> np.uint64(29)
        start += 8
    hashed = mix(state ^ eight_bytes(data, start, stop - start))
    return hashed if hashed else np.uint64(1)


@kernel
def count_parts(
    offsets: Any,
    data: Any,
    flags: Any,
    keys: Any,
    cut: int,
    tables: Any,
    words: Any,
    table: Any,
    dropped: Any,
    columns: Any,
) -> None:
    """Add what the words of every text are cut into to its column of counts; arguments as ``measure`` has them."""
    seen_in_row = np.full(len(keys), -1, np.int64)
    counts = np.zeros(len(columns), np.int64)
    line = 0
    for row in range(len(offsets) - 1):
        counts[:] = 0
        line, window = _count_text(
            data, offsets[row], offsets[row + 1], flags, keys, cut, tables, seen_in_row, row, words, table, dropped,
            line, counts,
        )  # fmt: skip
        if window:
            count_repetition(words, window, table, True, counts[DISTINCT_WORDS:])
        columns[:, row] += counts


@inner_kernel
def _count_text(
    data: Any,
    start: int,
    stop: int,
    flags: Any,
    keys: Any,
    cut: int,
    tables: Any,
    seen_in_row: Any,
    row: int,
    words: Any,
    table: Any,
    dropped: Any,
    next_line: int,
    counts: Any,
) -> Any:
    """Count the parts of ``data[start:stop]``; returns the number of its last line and how many words wait."""
    codes, places, ends, english, special, special_ends, sieve, units, korean = tables
    hashes, lengths = words[0], words[1]
    telling = np.uint64(0)  # bits of the function words: of another word most have a bit that is not among them
    for key in keys:
        telling |= np.uint64(1) << (key & np.uint64(63))
    position, window, after_mark = start, 0, False
    words_before, sentences_before = 0, 0
    while position < stop:
        places[0] = position
        length: Any = _plain_word(data, position, stop, flags, sieve) if cut == ENGLISH else np.int64(0)
        letters_only: Any = length > 0
        parts: Any = np.int64(letters_only)
        if letters_only:
            position += length
            ends[0], places[length] = length, position
            code = np.int32(data[position]) if position < stop else np.int32(0)
            position += position < stop
        else:
            length, code, kind, position = _read_word(data, position, stop, flags, codes, places)
            if length == 0:
                continue
            letters_only = kind < DIGIT
            if cut == KOREAN:
                parts = cut_korean(codes, length, flags, korean, ends)
            elif letters_only and not sieve[sieve_slot(codes[0], codes[length - 1])] >> min(length, 15) & 1:
                parts, ends[0] = np.int64(1), length
            else:
                parts = cut_english(codes, length, english, special, special_ends, sieve, units, ends)
        begin: Any = np.int64(0)
        for part in range(parts):
            end = ends[part]
            key = _hash_part(data, places[begin], places[end])
            counts[WORDS] += 1
            has_letter, all_marks, punctuation = letters_only, 0, False
            if not letters_only:
                all_marks, punctuation = MARK, True
                for at in range(begin, end):
                    flag = flags[codes[at]]
                    has_letter |= flag & CLASS < DIGIT
                    all_marks &= flag
                    punctuation &= flag & CLASS == PUNCTUATION
            counts[WORDS_WITH_LETTER] += has_letter
            if all_marks & MARK == 0:
                counts[WORDS_NOT_PUNCTUATION] += 1
                counts[CHARACTERS_OF_WORDS] += end - begin
            if punctuation and end == begin + 1 and flags[codes[begin]] & SENTENCE_MARK:
                after_mark = True
            elif after_mark and not punctuation:
                counts[SENTENCES] += 1
                after_mark = False
            if telling >> (key & np.uint64(63)) & np.uint64(1):
                for found in range(len(keys)):
                    if keys[found] == key:
                        counts[FUNCTION_WORDS] += 1
                        counts[DISTINCT_FUNCTION_WORDS] += seen_in_row[found] != row
                        seen_in_row[found] = row
            hashes[window], lengths[window] = key, end - begin
            window += 1
            if window == len(hashes):
                count_repetition(words, window, table, False, counts[DISTINCT_WORDS:])
                window = 0
            begin = end
        if code != 0x0A and position < stop:
            continue
        after_mark = False
        if len(dropped):
            if not dropped[next_line]:
                counts[KEPT_WORDS] += counts[WORDS] - words_before
                counts[KEPT_SENTENCES] += counts[SENTENCES] - sentences_before
            words_before, sentences_before = counts[WORDS], counts[SENTENCES]
            next_line += 1
    return next_line, window


@inner_kernel
def _read_word(data: Any, position: Any, stop: Any, flags: Any, codes: Any, places: Any) -> Any:
    """Fill ``codes`` and ``places`` with the word at ``position``.

    Returns its length, the last code point that was read, the highest class of its own, and where to go on.
    """
    code: Any = np.int32(0)
    kind: Any = DIGIT - 1
    length: Any = np.int64(0)
    while position < stop and length < len(codes):
        code, position = decode_utf8(data, position)
        flag = flags[code] & CLASS
        if flag == 0:
            break
        codes[length] = code
        kind = max(kind, flag)
        length += 1
        places[length] = position
    return length, code, kind, position


@inner_kernel
def _plain_word(data: Any, start: Any, stop: Any, flags: Any, sieve: Any) -> Any:
    """Bytes of the word at ``start`` where it is of ASCII letters alone and no special one, so one part; else 0."""
    position = start
    run: Any = np.int64(8)
    while run == 8:
        run = leading_letters(eight_bytes(data, position, stop - position))
        position += run
    length = position - start
    if length == 0 or length >= _LONGEST_CUT:
        return np.int64(0)
    if position < stop and (data[position] >= 0x80 or flags[data[position]] & CLASS):
        return np.int64(0)
    special = sieve[sieve_slot(data[start], data[position - 1])] >> min(length, 15) & 1
    return np.int64(0) if special else length
