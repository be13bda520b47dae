"""Everything that quality rules ask about a text, counted once in one pass over its bytes.

Repetition of word n-grams follows Gopher (Rae et al. 2021, appendix A): top 2- to 4-grams and duplicate 5- to 10-grams.
A longer n-gram can only repeat where both shorter ones inside it do (Agrawal and Srikant 1994), so beyond single words
the counting touches few positions. Texts over ``WINDOW_WORDS`` words are searched window by window, which bounds
memory: what is repeated in another window does not count.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.errors import MalmoiError
from pipelines.core.kernel import kernel
from pipelines.core.kernels import decode_utf8, mix
from pipelines.text.unicode import DIGIT, HANGUL, LATIN, PUNCTUATION, REPLACEMENT, SYMBOL, character_classes

MEASURES = (
    "bytes",
    "characters",
    "visible_characters",
    "letters",
    "hangul",
    "latin",
    "digits",
    "punctuation",
    "symbols",
    "replacement_characters",
    "hashes",
    "ellipses",
    "links",
    "words",
    "words_with_letter",
    "capitalised_words",
    "longest_word",
    "function_words",
    "distinct_function_words",
    "distinct_words",
    "most_frequent_word",
    "lines",
    "lines_ending_in_punctuation",
    "bullet_lines",
    "ellipsis_lines",
    "short_lines",
    "duplicate_lines",
    "duplicate_line_characters",
    "paragraphs",
    "duplicate_paragraphs",
    "duplicate_paragraph_characters",
    "top_2_gram_characters",
    "top_3_gram_characters",
    "top_4_gram_characters",
    "duplicate_5_gram_characters",
    "duplicate_6_gram_characters",
    "duplicate_7_gram_characters",
    "duplicate_8_gram_characters",
    "duplicate_9_gram_characters",
    "duplicate_10_gram_characters",
)
(
    _BYTES,
    _CHARACTERS,
    _VISIBLE,
    _LETTERS,
    _HANGUL_LETTERS,
    _LATIN_LETTERS,
    _DIGITS,
    _PUNCTUATION,
    _SYMBOLS,
    _REPLACEMENTS,
    _HASHES,
    _ELLIPSES,
    _LINKS,
    _WORDS,
    _WORDS_WITH_LETTER,
    _CAPITALISED_WORDS,
    _LONGEST_WORD,
    _FUNCTION_WORDS,
    _DISTINCT_FUNCTION_WORDS,
    _DISTINCT_WORDS,
    _MOST_FREQUENT_WORD,
    _LINES,
    _LINES_ENDING_IN_PUNCTUATION,
    _BULLET_LINES,
    _ELLIPSIS_LINES,
    _SHORT_LINES,
    _DUPLICATE_LINES,
    _DUPLICATE_LINE_CHARACTERS,
    _PARAGRAPHS,
    _DUPLICATE_PARAGRAPHS,
    _DUPLICATE_PARAGRAPH_CHARACTERS,
    _TOP_2_GRAM,
) = range(32)

WINDOW_WORDS = 1 << 14
SHORT_LINE = 30  # characters, as in FineWeb
LONGEST_FUNCTION_WORD = 8  # bytes: a word is looked up as one 64-bit number

# A character's class in the low four bits of its flags; lines are told apart by how they begin and end.
_CLASS, _TERMINAL, _BULLET = 15, 16, 32
_TERMINAL_CHARACTERS = ".!?…\"'”’»›。！？｡．」』〉》）)]~"
_BULLET_CHARACTERS = "-*–•·‣⁃◦∙▪▫■□▶▷►◀◁●○◆◇★☆※✓✔ㆍ・"

_FIRST_SYLLABLE, _SYLLABLES = 0xAC00, 11172
_ODD = np.uint64(0x9E3779B97F4A7C15)


def measure(
    texts: pa.StringArray | pa.ChunkedArray, function_words: Sequence[str] = (), function_endings: str = ""
) -> pa.RecordBatch:
    """One row of ``MEASURES`` (int64 counts) for each normalised text; words are what white space separates.

    A function word is one whose letters, lower-cased, are in ``function_words`` (up to eight bytes each) or whose last
    letter is a syllable of ``function_endings``. Raises MalmoiError for a longer function word or another ending.
    """
    offsets, data = string_buffers(texts)
    keys = _packed(function_words)
    endings = np.zeros(_SYLLABLES, np.bool_)
    for syllable in function_endings:
        if not _FIRST_SYLLABLE <= ord(syllable) < _FIRST_SYLLABLE + _SYLLABLES:
            raise MalmoiError(f"function_endings holds {syllable!r}: each has to be one Hangul syllable")
        endings[ord(syllable) - _FIRST_SYLLABLE] = True
    columns = np.zeros((len(MEASURES), len(offsets) - 1), np.int64)
    most_lines = int(_most_lines(offsets, data))
    lines = np.empty((2, most_lines), np.uint64), np.empty((2, most_lines), np.int64)
    words = np.empty((2, WINDOW_WORDS), np.uint64), np.empty((2, WINDOW_WORDS), np.int64)
    slots = 1 << int(2 * max(most_lines, WINDOW_WORDS)).bit_length()
    table = np.zeros(slots, np.uint64), np.zeros(slots, np.int32)
    _measure(offsets, data, _flags(), keys, endings, lines, words, table, columns)
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], names=list(MEASURES))


def _packed(words: Sequence[str]) -> NDArray[np.uint64]:
    """Sorted words as little-endian numbers."""
    for word in words:
        if not 0 < len(word.encode()) <= LONGEST_FUNCTION_WORD:
            raise MalmoiError(
                f"function_words holds {word!r}: each has to be 1 to {LONGEST_FUNCTION_WORD} bytes of UTF-8"
            )
    packed = sorted({int.from_bytes(word.encode(), "little") for word in words})
    return np.array(packed, np.uint64)


def _flags() -> NDArray[np.uint8]:
    flags = character_classes().copy()
    for characters, flag in ((_TERMINAL_CHARACTERS, _TERMINAL), (_BULLET_CHARACTERS, _BULLET)):
        for character in characters:
            flags[ord(character)] |= flag
    return flags


@kernel
def _most_lines(offsets: Any, data: Any) -> Any:
    most = 0
    for row in range(len(offsets) - 1):
        lines = 1
        for position in range(offsets[row], offsets[row + 1]):
            lines += data[position] == 0x0A
        most = max(most, lines)
    return most


@kernel
def _measure(
    offsets: Any, data: Any, flags: Any, keys: Any, endings: Any, lines: Any, words: Any, table: Any, columns: Any
) -> None:
    hashes, lengths = lines  # row 0: lines, row 1: paragraphs
    word_hashes, word_lengths = words[0][0], words[1][0]
    seen_in_row = np.full(len(keys) + _SYLLABLES, -1, np.int64)
    kinds = np.zeros(16, np.int64)
    for row in range(len(offsets) - 1):
        counts = columns[:, row]
        position, stop = offsets[row], offsets[row + 1]
        counts[_BYTES] = stop - position
        kinds[:] = 0
        characters, line_start, paragraph_start = 0, 0, 0
        line_count, paragraph_count, window = 0, 0, 0
        line_hash, paragraph_hash, word_hash = np.uint64(0), np.uint64(0), np.uint64(0)
        packed, packed_bytes = np.uint64(0), 0
        word_length, dots, last_flag, last_code, ending = 0, 0, 0, 0, -1
        first_in_line, has_letter = True, False
        while position <= stop:
            code: Any = 0x0A  # the end of a text ends its last line
            flag: Any = 0
            start = position
            if position < stop:
                code = np.int32(data[position])
                if code < 0x80:
                    position += 1
                    flag = np.int64(flags[code])
                else:
                    code, position = decode_utf8(data, position)
                    flag = np.int64(HANGUL) if 0xAC00 <= code <= 0xD7A3 else np.int64(flags[code])
                characters += 1
            else:
                position += 1
            kind = flag & _CLASS
            if kind:  # visible
                kinds[kind] += 1
                word_hash = (word_hash ^ np.uint64(code)) * _ODD
                word_hash ^= word_hash >> np.uint64(32)
                word_length += 1
                if first_in_line:
                    first_in_line = False
                    counts[_BULLET_LINES] += flag >> 5
                if kind < DIGIT:
                    if not has_letter:
                        counts[_CAPITALISED_WORDS] += 0x41 <= code <= 0x5A
                    has_letter = True
                    if 0xAC00 <= code <= 0xD7A3:
                        ending = code - _FIRST_SYLLABLE
                    elif not 0x3131 <= code <= 0x318E:  # what comes before ㅋㅋ or ㅠㅠ is the ending
                        ending = -1
                    for at in range(start, position):
                        if packed_bytes < 8:
                            byte = data[at]
                            if code < 0x80:
                                byte |= 0x20
                            packed |= np.uint64(byte) << np.uint64(8 * packed_bytes)
                        packed_bytes += 1
                elif kind == PUNCTUATION:
                    if code == 0x2E:
                        dots += 1
                        counts[_ELLIPSES] += dots % 3 == 0
                    elif code == 0x2026:
                        counts[_ELLIPSES] += 1
                    elif code == 0x23:
                        counts[_HASHES] += 1
                    elif code == 0x3A and stop - position > 1 and data[position] == 0x2F:
                        counts[_LINKS] += data[position + 1] == 0x2F
                elif kind == DIGIT:
                    ending = -1
                if code != 0x2E:
                    dots = 0
                last_flag, last_code = flag, code
                continue
            if word_length:
                counts[_WORDS] += 1
                counts[_WORDS_WITH_LETTER] += has_letter
                counts[_LONGEST_WORD] = max(counts[_LONGEST_WORD], word_length)
                function: Any = -1
                if ending >= 0 and endings[ending]:
                    function = len(keys) + ending
                elif 0 < packed_bytes <= 8:
                    found = np.searchsorted(keys, packed)
                    if found < len(keys) and keys[found] == packed:
                        function = found
                if function >= 0:
                    counts[_FUNCTION_WORDS] += 1
                    counts[_DISTINCT_FUNCTION_WORDS] += seen_in_row[function] != row
                    seen_in_row[function] = row
                word_hash = mix(word_hash)
                line_hash = (line_hash ^ word_hash) * _ODD
                word_hashes[window] = word_hash
                word_lengths[window] = word_length
                window += 1
                if window == WINDOW_WORDS:
                    _repetition(words, window, table, counts)
                    window = 0
                word_hash, packed, packed_bytes = np.uint64(0), np.uint64(0), 0
                word_length, ending, has_letter = 0, -1, False
            if code != 0x0A:
                continue
            end = characters if position > stop else characters - 1
            if not first_in_line:
                length = end - line_start
                hashes[0, line_count], lengths[0, line_count] = mix(line_hash), length
                line_count += 1
                counts[_LINES_ENDING_IN_PUNCTUATION] += last_flag >> 4 & 1
                counts[_ELLIPSIS_LINES] += dots > 2 or last_code == 0x2026
                counts[_SHORT_LINES] += length <= SHORT_LINE
                paragraph_hash = (paragraph_hash ^ mix(line_hash)) * _ODD
            if paragraph_hash != 0 and (first_in_line or position > stop):
                hashes[1, paragraph_count] = mix(paragraph_hash)
                lengths[1, paragraph_count] = (end if not first_in_line else line_start - 1) - paragraph_start
                paragraph_count += 1
                paragraph_hash = np.uint64(0)
            if first_in_line:
                paragraph_start = characters
            line_start, line_hash, first_in_line, dots = characters, np.uint64(0), True, 0
        if window:
            _repetition(words, window, table, counts)
        counts[_CHARACTERS] = characters
        counts[_VISIBLE] = kinds.sum()
        counts[_LETTERS] = kinds[:DIGIT].sum()
        counts[_HANGUL_LETTERS] = kinds[HANGUL]
        counts[_LATIN_LETTERS] = kinds[LATIN]
        counts[_DIGITS] = kinds[DIGIT]
        counts[_PUNCTUATION] = kinds[PUNCTUATION]
        counts[_SYMBOLS] = kinds[SYMBOL]
        counts[_REPLACEMENTS] = kinds[REPLACEMENT]
        counts[_LINES] = line_count
        counts[_PARAGRAPHS] = paragraph_count
        _duplicates(hashes[0], lengths[0], line_count, table, counts[_DUPLICATE_LINES:])
        _duplicates(hashes[1], lengths[1], paragraph_count, table, counts[_DUPLICATE_PARAGRAPHS:])


@kernel
def _duplicates(hashes: Any, lengths: Any, count: int, table: Any, out: Any) -> None:
    """How many of ``hashes[:count]`` stood before, and their summed lengths, into ``out[0]`` and ``out[1]``."""
    keys, _ = table
    slots = _clear(table, count)
    for index in range(count):
        slot = _slot(keys, slots - 1, hashes[index])
        if keys[slot]:
            out[0] += 1
            out[1] += lengths[index]
        keys[slot] = hashes[index]


@kernel
def _repetition(words: Any, count: int, table: Any, counts: Any) -> None:
    """Add what one window of words repeats: single words, top 2- to 4-grams, duplicate 5- to 10-grams."""
    hashes, lengths = words[0][0], words[1][0]
    grams, slot_of = words[0][1], words[1][1]  # slot_of: -1 where the n-gram that starts there does not repeat
    keys, tallies = table
    grams[:count] = hashes[:count]
    slot_of[:count] = 0
    candidates = count
    for size in range(1, 11):
        last = count - size
        slots = _clear(table, candidates)
        distinct = 0
        for at in range(last + 1):
            # A repeated n-gram repeats both (n-1)-grams in it.
            if size > 1:
                if slot_of[at] < 0 or slot_of[at + 1] < 0:
                    slot_of[at] = -1
                    continue
                grams[at] = mix(grams[at] * _ODD ^ hashes[at + size - 1])
            slot = _slot(keys, slots - 1, grams[at])
            distinct += keys[slot] == 0
            keys[slot] = grams[at]
            tallies[slot] += 1
            slot_of[at] = slot
        slot_of[max(last + 1, 0) : count] = -1
        most, first, candidates = 1, -1, 0
        for at in range(last + 1):
            if slot_of[at] >= 0:
                tally = tallies[slot_of[at]]
                if tally < 2:
                    slot_of[at] = -1
                    continue
                candidates += 1
                if tally > most:
                    most, first = tally, at
        if size == 1:
            counts[_DISTINCT_WORDS] += distinct
            counts[_MOST_FREQUENT_WORD] += most
        elif size <= 4 and first >= 0:
            counts[_TOP_2_GRAM + size - 2] += most * (lengths[first : first + size].sum() + size - 1)
        elif size > 4:
            at = 0
            while at <= last and candidates:
                if slot_of[at] >= 0:
                    if tallies[slot_of[at]] < 0:
                        counts[_TOP_2_GRAM + size - 2] += lengths[at : at + size].sum()
                        at += size
                        continue
                    tallies[slot_of[at]] = -1
                at += 1
        if candidates == 0:
            break


@kernel
def _clear(table: Any, count: int) -> Any:
    """Empty as much of ``table`` as ``count`` keys need; returns the number of slots, a power of two."""
    slots = 16
    while slots < 2 * count:
        slots *= 2
    table[0][:slots] = 0
    table[1][:slots] = 0
    return slots


@kernel
def _slot(keys: Any, mask: int, key: Any) -> Any:
    slot = np.int64(key & np.uint64(mask))
    while keys[slot] != 0 and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot
