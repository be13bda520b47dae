"""The one pass over the bytes of texts in which everything is counted that quality rules ask about."""

from typing import Any

import numpy as np

from pipelines.core.bits import first_bytes, leading_letters, load_eight
from pipelines.core.blocks import BLOCK, between, count_bits
from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import decode_utf8, eight_bytes, mix, slot_of
from pipelines.text.measure_columns import (
    BULLET_LINES,
    BULLET_OR_HYPHEN_LINES,
    BYTES,
    CAPITALISED_WORDS,
    CHARACTERS,
    CHARACTERS_OF_WORDS,
    CLASS,
    DIGITS,
    DISTINCT_FUNCTION_WORDS,
    DISTINCT_WORDS,
    DUPLICATE_LINES,
    DUPLICATE_PARAGRAPHS,
    ELLIPSES,
    ELLIPSIS_LINES,
    FUNCTION_WORDS,
    HANGUL_LETTERS,
    HASHES,
    KEPT_DUPLICATE_LINE_CHARACTERS,
    KEPT_LINE_CHARACTERS,
    KEPT_LINES,
    KEPT_LINES_ENDING_IN_SENTENCE_MARK,
    KEPT_NEWLINES,
    KEPT_SENTENCES,
    KEPT_SHORT_LINES,
    KEPT_WORDS,
    LATIN_LETTERS,
    LETTERS,
    LINE_CHARACTERS,
    LINES,
    LINES_BLANK_INCLUDED,
    LINES_ENDING_IN_PUNCTUATION,
    LINES_ENDING_IN_SENTENCE_MARK,
    LINKS,
    LONGEST_WORD,
    MARK,
    NEWLINES,
    PARAGRAPHS,
    PUNCTUATION_MARKS,
    REPLACEMENTS,
    SENTENCE_MARK,
    SENTENCES,
    SHORT_LINES,
    SYMBOLS,
    VISIBLE,
    WORDS,
    WORDS_BEFORE_SEPARATOR,
    WORDS_NOT_PUNCTUATION,
    WORDS_WITH_LETTER,
)
from pipelines.text.repetition import count_duplicates, count_repetition
from pipelines.text.unicode import DIGIT, HANGUL, LATIN, PUNCTUATION, REPLACEMENT, SYMBOL
from pipelines.text.utf8 import starts_syllable

SHORT_LINE = 30  # characters, as in FineWeb
FIRST_SYLLABLE, SYLLABLES = 0xAC00, 11172
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SMALL = np.uint64(0x2020202020202020)


@inner_kernel
def count_most_lines(offsets: Any, data: Any) -> Any:
    """Lines of the text that has most of them."""
    most = 0
    for row in range(len(offsets) - 1):
        lines: Any = np.int64(1)
        position, stop = offsets[row], offsets[row + 1]
        while position + BLOCK <= stop:
            lines += np.int64(count_bits(between(data, position, 0x0A, 0x0A)))
            position += BLOCK
        for at in range(position, stop):
            lines += data[at] == 0x0A
        most = max(most, lines)
    return most


@kernel
def count_measures(
    offsets: Any,
    data: Any,
    flags: Any,
    keys: Any,
    endings: Any,
    lines: Any,
    words: Any,
    table: Any,
    white_space: bool,
    dropped: Any,
    columns: Any,
) -> None:
    """Write the counts of text ``i`` to ``columns[:, i]``; what else is given is as ``measures.measure`` makes it."""
    hashes, lengths = lines  # row 0: lines, row 1: paragraphs, row 2: lines that are kept
    next_line, pack = 0, white_space and len(keys) > 0
    word_hashes, word_lengths = words[0], words[1]
    seen_in_row = np.full(len(keys) + SYLLABLES, -1, np.int64)
    kinds = np.zeros(16, np.int64)
    counts, repeated = np.zeros(len(columns), np.int64), np.zeros(2, np.int64)
    for row in range(len(offsets) - 1):
        counts[:] = 0
        position, stop = offsets[row], offsets[row + 1]
        counts[BYTES] = stop - position
        kinds[:] = 0
        characters, line_start, paragraph_start, line_characters = 0, 0, 0, 0
        line_count, paragraph_count, window, kept_lines = 0, 0, 0, 0
        words_before, sentences_before = 0, 0
        line_hash, paragraph_hash = np.uint64(0), np.uint64(0)
        packed, packed_bytes = np.uint64(0), 0
        word_start = position
        last_flag: Any = 0
        last_code: Any = 0
        word_length, dots, ending = 0, 0, -1
        all_marks, after_mark = MARK, False
        first_in_line, has_letter = True, False
        while position <= stop:
            code: Any = 0x0A  # the end of a text ends its last line
            flag: Any = 0
            start = position
            if position < stop:
                code = np.int32(data[position])
                if 0x61 <= code | 0x20 <= 0x7A:
                    if first_in_line:
                        first_in_line = False
                    if not has_letter:
                        counts[CAPITALISED_WORDS] += code <= 0x5A
                        has_letter = True
                    run: Any = np.int64(8)
                    while run == 8:
                        eight = eight_bytes(data, position, stop - position)
                        run = leading_letters(eight)
                        if run:
                            if pack:
                                if packed_bytes < 8:
                                    packed |= first_bytes(eight | _SMALL, run) << np.uint64(8 * packed_bytes)
                                packed_bytes += run
                            position += run
                    run = position - start
                    kinds[LATIN] += run
                    characters += run
                    word_length += run
                    all_marks, dots, ending = 0, 0, -1
                    last_code = np.int32(data[position - 1])
                    last_flag = np.int64(flags[last_code])
                    continue
                if starts_syllable(data, position):
                    position += 3
                    while position < stop and starts_syllable(data, position):
                        position += 3
                    run = (position - start) // 3
                    if pack:
                        if packed_bytes < 8:
                            packed |= eight_bytes(data, start, position - start) << np.uint64(8 * packed_bytes)
                        packed_bytes += position - start
                    kinds[HANGUL] += run
                    characters += run
                    word_length += run
                    first_in_line, has_letter = False, True
                    all_marks, dots = 0, 0
                    last_code, _ = decode_utf8(data, position - 3)
                    last_flag = np.int64(HANGUL)
                    ending = last_code - FIRST_SYLLABLE
                    continue
                if code < 0x80:
                    position += 1
                    flag = np.int64(flags[code])
                else:
                    code, position = decode_utf8(data, position)
                    flag = np.int64(HANGUL) if 0xAC00 <= code <= 0xD7A3 else np.int64(flags[code])
                characters += 1
            else:
                position += 1
            kind = flag & CLASS
            if kind:  # visible
                kinds[kind] += 1
                word_length += 1
                all_marks &= flag
                if first_in_line:
                    first_in_line = False
                    counts[BULLET_LINES] += flag >> 5 & 1
                    counts[BULLET_OR_HYPHEN_LINES] += code == 0x2D or code == 0x2022
                if kind < DIGIT:
                    if not has_letter:
                        counts[CAPITALISED_WORDS] += 0x41 <= code <= 0x5A
                    has_letter = True
                    if 0xAC00 <= code <= 0xD7A3:
                        ending = code - FIRST_SYLLABLE
                    elif not 0x3131 <= code <= 0x318E:  # what comes before ㅋㅋ or ㅠㅠ is the ending
                        ending = -1
                    if pack and code < 0x80:
                        if packed_bytes < 8:
                            packed |= np.uint64(code | 0x20) << np.uint64(8 * packed_bytes)
                        packed_bytes += 1
                    elif pack:
                        for at in range(start, position):
                            if packed_bytes < 8:
                                packed |= np.uint64(data[at]) << np.uint64(8 * packed_bytes)
                            packed_bytes += 1
                elif kind == PUNCTUATION:
                    if code == 0x2E:
                        dots += 1
                        counts[ELLIPSES] += dots % 3 == 0
                    elif code == 0x2026:
                        counts[ELLIPSES] += 1
                    elif code == 0x23:
                        counts[HASHES] += 1
                    elif code == 0x3A and stop - position > 1 and data[position] == 0x2F:
                        counts[LINKS] += data[position + 1] == 0x2F
                elif kind == DIGIT:
                    ending = -1
                if code != 0x2E:
                    dots = 0
                last_flag, last_code = flag, code
                continue
            if word_length:
                counts[LONGEST_WORD] = max(counts[LONGEST_WORD], word_length)
                if last_flag & CLASS >= PUNCTUATION:
                    # comma, slash, bar, semicolon, middle dot, ideographic comma
                    counts[WORDS_BEFORE_SEPARATOR] += last_code in (0x2C, 0x2F, 0x7C, 0x3B, 0xB7, 0x3001)
                word_hash = _hash_word(data, word_start, start)
                line_hash = (line_hash ^ word_hash) * _ODD
                if white_space:
                    counts[WORDS] += 1
                    counts[WORDS_WITH_LETTER] += has_letter
                    if all_marks & MARK == 0:
                        counts[WORDS_NOT_PUNCTUATION] += 1
                        counts[CHARACTERS_OF_WORDS] += word_length
                    counts[SENTENCES] += after_mark
                    after_mark = last_flag & SENTENCE_MARK != 0
                    function: Any = -1
                    if ending >= 0 and endings[ending]:
                        function = len(keys) + ending
                    elif 0 < packed_bytes <= 8:
                        found = slot_of(keys, packed)
                        if keys[found] == packed:
                            function = found
                    if function >= 0:
                        counts[FUNCTION_WORDS] += 1
                        counts[DISTINCT_FUNCTION_WORDS] += seen_in_row[function] != row
                        seen_in_row[function] = row
                    word_hashes[window] = word_hash
                    word_lengths[window] = word_length
                    window += 1
                    if window == len(word_hashes):
                        count_repetition(words, window, table, False, counts[DISTINCT_WORDS:])
                        window = 0
                packed, packed_bytes = np.uint64(0), 0
                word_length, ending, has_letter, all_marks = 0, -1, False, MARK
            word_start = position
            if code != 0x0A:
                dots = 0
                continue
            counts[NEWLINES] += position <= stop
            end = characters if position > stop else characters - 1
            if not first_in_line:
                length = end - line_start
                hashes[0, line_count], lengths[0, line_count] = mix(line_hash), length
                line_count += 1
                line_characters += length
                counts[SENTENCES] += 1
                counts[LINES_ENDING_IN_PUNCTUATION] += last_flag >> 4 & 1
                counts[LINES_ENDING_IN_SENTENCE_MARK] += last_flag >> 7
                counts[ELLIPSIS_LINES] += dots > 2 or last_code == 0x2026
                counts[SHORT_LINES] += length <= SHORT_LINE
                paragraph_hash = (paragraph_hash ^ mix(line_hash)) * _ODD
                if len(dropped):
                    if not dropped[next_line]:
                        hashes[2, kept_lines], lengths[2, kept_lines] = mix(line_hash), length
                        kept_lines += 1
                        counts[KEPT_LINE_CHARACTERS] += length
                        counts[KEPT_SHORT_LINES] += length <= SHORT_LINE
                        counts[KEPT_LINES_ENDING_IN_SENTENCE_MARK] += last_flag >> 7
                        counts[KEPT_WORDS] += counts[WORDS] - words_before
                        counts[KEPT_SENTENCES] += counts[SENTENCES] - sentences_before
                    words_before, sentences_before = counts[WORDS], counts[SENTENCES]
                    next_line += 1
            if paragraph_hash != 0 and (first_in_line or position > stop):
                hashes[1, paragraph_count] = mix(paragraph_hash)
                lengths[1, paragraph_count] = (end if not first_in_line else line_start - 1) - paragraph_start
                paragraph_count += 1
                paragraph_hash = np.uint64(0)
            if first_in_line:
                paragraph_start = characters
            line_start, line_hash, first_in_line, dots, after_mark = characters, np.uint64(0), True, 0, False
        if window:
            count_repetition(words, window, table, False, counts[DISTINCT_WORDS:])
        counts[CHARACTERS] = characters
        counts[VISIBLE] = kinds.sum()
        counts[LETTERS] = kinds[:DIGIT].sum()
        counts[HANGUL_LETTERS] = kinds[HANGUL]
        counts[LATIN_LETTERS] = kinds[LATIN]
        counts[DIGITS] = kinds[DIGIT]
        counts[PUNCTUATION_MARKS] = kinds[PUNCTUATION]
        counts[SYMBOLS] = kinds[SYMBOL]
        counts[REPLACEMENTS] = kinds[REPLACEMENT]
        counts[LINES] = line_count
        counts[LINES_BLANK_INCLUDED] = counts[NEWLINES] + (stop > offsets[row])
        counts[LINE_CHARACTERS] = line_characters
        counts[PARAGRAPHS] = paragraph_count
        count_duplicates(hashes[0], lengths[0], line_count, table, counts[DUPLICATE_LINES:])
        count_duplicates(hashes[1], lengths[1], paragraph_count, table, counts[DUPLICATE_PARAGRAPHS:])
        if len(dropped):
            counts[KEPT_LINES], counts[KEPT_NEWLINES] = kept_lines, max(kept_lines - 1, 0)
            repeated[:] = 0
            count_duplicates(hashes[2], lengths[2], kept_lines, table, repeated)
            counts[KEPT_DUPLICATE_LINE_CHARACTERS] = repeated[1]
        columns[:, row] = counts


@inner_kernel
def _hash_word(data: Any, start: Any, stop: Any) -> Any:
    """Hash of the word ``data[start:stop]``, in which no byte is zero."""
    state = np.uint64(0)
    while start + 8 < stop:
        state = (state ^ load_eight(data, start)) * _ODD
        state ^= state >> np.uint64(32)
        start += 8
    # One to eight bytes are left: they are read at once where so many are there, and the others shifted out.
    if start + 8 <= len(data):
        return mix(state ^ first_bytes(load_eight(data, start), stop - start))
    return mix(state ^ eight_bytes(data, start, stop - start))
