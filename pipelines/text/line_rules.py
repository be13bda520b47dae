"""Lines that a profile takes out of a text: the rules of C4, in its order.

Raffel et al. 2020, section 2.2, with the defaults of datatrove's C4QualityFilter; blank lines stay, so that
paragraphs do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.bits import copy_bytes, trailing_zeros
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import eight_bytes

LINE_RULES = ("long_word", "citations", "no_end_mark", "few_words", "javascript", "policy")
"""What a profile may ask for: ``citations`` are taken out of the line, by the others the whole line goes."""
PAGE_MEASURES = ("lorem_ipsum_lines", "curly_bracket_lines")

_LONG_WORD, _CITATIONS, _NO_END_MARK, _FEW_WORDS, _JAVASCRIPT, _POLICY = range(6)
_LOREM_IPSUM, _CURLY_BRACKET = range(2)
_OFF = -1
_ONES, _HIGH = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_NEWLINES, _BRACKETS = np.uint64(0x0A) * _ONES, np.uint64(0x5B) * _ONES
_THREE_LETTERS = (1 << 15) - 1
_PHRASES = (
    "lorem ipsum", "javascript", "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies",
    "use cookies",
)  # fmt: skip
_FOUND_LOREM_IPSUM, _FOUND_JAVASCRIPT, _FOUND_POLICY, _FOUND_BRACKET = 1, 2, 4, 8
_CITATION_NAMES = (b"[edit]", b"[citation needed]")


@dataclass(frozen=True)
class KeptLines:
    """Texts without the lines that fail a rule.

    ``dropped`` says of each line that is not blank, of all texts in order, whether it is gone, ``edited`` of each text
    whether something was taken out of a line; ``pages`` has a row for each of ``PAGE_MEASURES``.
    """

    texts: pa.StringArray
    dropped: NDArray[np.bool_]
    edited: NDArray[np.bool_]
    pages: NDArray[np.int64]
    counts: dict[str, int]


def keep_lines(texts: pa.StringArray | pa.ChunkedArray, limits: Mapping[str, int]) -> KeptLines:
    """Take out the lines of normalised texts that fail a rule.

    ``limits`` names the rules that count: characters of the longest word for ``long_word``, the fewest words for
    ``few_words``, anything for the others. White space around what was taken out of a line is left as it is.
    """
    offsets, data = string_buffers(texts)
    thresholds = np.full(len(LINE_RULES), _OFF, np.int64)
    for name, limit in limits.items():
        thresholds[LINE_RULES.index(name)] = limit
    out, out_offsets = np.empty(len(data), np.uint8), np.zeros(len(offsets), np.int64)
    pages = np.zeros((len(PAGE_MEASURES), len(offsets) - 1), np.int64)
    counts = np.zeros(len(LINE_RULES), np.int64)
    dropped = np.zeros(int(np.count_nonzero(data == 0x0A)) + len(offsets) - 1, np.bool_)
    edited = np.zeros(len(offsets) - 1, np.bool_)
    lines = _keep(offsets, data, thresholds, *_tables(), out, out_offsets, dropped, edited, pages, counts)
    named = {name: count for name, count in zip(LINE_RULES, counts.tolist(), strict=True) if count}
    return KeptLines(string_array(out_offsets, out[: out_offsets[-1]]), dropped[:lines], edited, pages, named)


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """Phrases (bits) that begin with three letters, the phrases and their offsets, the citations and their offsets."""
    first = np.zeros(_THREE_LETTERS + 1, np.uint8)
    for index, phrase in enumerate(_PHRASES):
        first[(ord(phrase[0]) & 31) << 10 | (ord(phrase[1]) & 31) << 5 | ord(phrase[2]) & 31] |= 1 << index
    phrases = "".join(_PHRASES).encode()
    names = b"".join(_CITATION_NAMES)
    return (
        first,
        np.frombuffer(phrases, np.uint8),
        np.cumsum([0, *map(len, _PHRASES)]),
        np.frombuffer(names, np.uint8),
        np.cumsum([0, *map(len, _CITATION_NAMES)]),
    )


@inner_kernel
def _keep(
    offsets: Any,
    data: Any,
    thresholds: Any,
    first: Any,
    phrases: Any,
    phrase_offsets: Any,
    names: Any,
    name_offsets: Any,
    out: Any,
    out_offsets: Any,
    dropped: Any,
    edited: Any,
    pages: Any,
    counts: Any,
) -> Any:
    written, lines = 0, 0
    for_citations, longest_word = thresholds[_CITATIONS] != _OFF, thresholds[_LONG_WORD]
    for row in range(len(offsets) - 1):
        position, stop = offsets[row], offsets[row + 1]
        begin = written
        while position < stop:
            start = written
            end, brackets = _line(data, position, stop)
            words = _words(data, position, end, max(thresholds[_FEW_WORDS], 1))
            may_be_long = longest_word != _OFF and end - position > longest_word
            longest = _longest_word(data, position, end) if may_be_long else 0
            if brackets and for_citations:
                written, found = _without_citations(data, position, end, names, name_offsets, out, start)
                counts[_CITATIONS] += found
                edited[row] |= found > 0
            else:
                copy_bytes(data, position, end - position, out, written)
                written += end - position
            position = end + 1
            if words:
                rule = _failed(
                    out, start, written, words, longest, thresholds, first, phrases, phrase_offsets, pages[:, row]
                )
                dropped[lines] = rule != _OFF
                lines += 1
                if rule != _OFF:
                    counts[rule] += 1
                    written = start
                    continue
            if end < stop:
                out[written] = 0x0A
                written += 1
        while written > begin and out[written - 1] == 0x0A:
            written -= 1
        out_offsets[row + 1] = written
    return lines


@inner_kernel
def _line(data: Any, position: Any, stop: Any) -> Any:
    """Where the line at ``position`` ends, and whether it has an opening bracket."""
    bracket = False
    newlines = np.uint64(0)
    while position < stop and newlines == 0:
        eight = eight_bytes(data, position, stop - position)
        newlines, brackets = _zeros(eight ^ _NEWLINES), _zeros(eight ^ _BRACKETS)
        bracket |= brackets & (newlines - np.uint64(1)) & ~newlines != 0  # those before the first newline
        position += np.int64(trailing_zeros(newlines) >> np.uint64(3))
    return min(position, stop), bracket


@inner_kernel
def _zeros(word: Any) -> Any:
    """The highest bit of the first byte of ``word`` that is zero, and maybe of some behind it; 0 where none is."""
    return (word - _ONES) & ~word & _HIGH


@inner_kernel
def _words(data: Any, position: Any, end: Any, most: Any) -> Any:
    """How many words are in ``data[position:end]``, counted up to ``most``."""
    words = 0
    space = True
    while position < end and words < most:
        words += space and data[position] != 0x20
        space = data[position] == 0x20
        position += 1
    return words


@inner_kernel
def _longest_word(data: Any, position: Any, end: Any) -> Any:
    """Characters of the longest word in ``data[position:end]``."""
    longest, length = 0, 0
    for at in range(position, end):
        length = 0 if data[at] == 0x20 else length + (data[at] & 0xC0 != 0x80)
        longest = max(longest, length)
    return longest


@inner_kernel
def _without_citations(
    data: Any, position: int, stop: int, names: Any, name_offsets: Any, out: Any, written: int
) -> Any:
    """Copy ``data[position:stop]`` to ``out`` from ``written`` on; returns the end there and how many were left out."""
    found = 0
    while position < stop:
        length = _citation(data, position, stop, names, name_offsets) if data[position] == 0x5B else 0
        found += length > 0
        position += length
        if length == 0:
            out[written] = data[position]
            written += 1
            position += 1
    return written, found


@inner_kernel
def _citation(data: Any, start: int, stop: int, names: Any, name_offsets: Any) -> Any:
    """Bytes of the citation at ``start``, such as [12], [], [edit]; 0 where there is none."""
    position = start + 1
    while position < stop and 0x30 <= data[position] <= 0x39:
        position += 1
    if position < stop and data[position] == 0x5D:
        return position + 1 - start
    for index in range(len(name_offsets) - 1):
        length = name_offsets[index + 1] - name_offsets[index]
        same = start + length <= stop
        at = 0
        while same and at < length:
            same = data[start + at] == names[name_offsets[index] + at]
            at += 1
        if same:
            return length
    return 0


@inner_kernel
def _failed(
    out: Any,
    start: int,
    stop: int,
    words: int,
    longest: int,
    thresholds: Any,
    first: Any,
    phrases: Any,
    phrase_offsets: Any,
    page: Any,
) -> Any:
    """The first rule that the line ``out[start:stop]`` fails, ``_OFF`` for none; what condemns a page is counted."""
    if thresholds[_LONG_WORD] != _OFF and longest > thresholds[_LONG_WORD]:
        return _LONG_WORD
    if thresholds[_NO_END_MARK] != _OFF:
        last: Any = out[stop - 1] if stop > start else np.uint8(0)
        dots = stop - start > 2 and out[stop - 2] == 0x2E and out[stop - 3] == 0x2E
        if last not in (0x2E, 0x3F, 0x21, 0x22, 0x27) or (last == 0x2E and dots):
            return _NO_END_MARK
    if thresholds[_FEW_WORDS] != _OFF and words < thresholds[_FEW_WORDS]:
        return _FEW_WORDS
    found = _phrases_in(out, start, stop, first, phrases, phrase_offsets)
    if found & _FOUND_LOREM_IPSUM:
        page[_LOREM_IPSUM] += 1
    if thresholds[_JAVASCRIPT] != _OFF and found & _FOUND_JAVASCRIPT:
        return _JAVASCRIPT
    if found & _FOUND_BRACKET:
        page[_CURLY_BRACKET] += 1
    if thresholds[_POLICY] != _OFF and found & _FOUND_POLICY:
        return _POLICY
    return _OFF


@inner_kernel
def _phrases_in(data: Any, start: int, stop: int, first: Any, phrases: Any, phrase_offsets: Any) -> Any:
    found, letters = 0, 0
    for end in range(start, stop):
        byte = data[end]
        letters = (letters << 5 | byte & 31) & _THREE_LETTERS
        found |= _FOUND_BRACKET if byte == 0x7B else 0
        possible = first[letters]
        if possible and end >= start + 2:
            for index in range(len(phrase_offsets) - 1):
                if possible >> index & 1 and _stands_at(data, end - 2, stop, phrases, phrase_offsets, index):
                    found |= min(1 << index, _FOUND_POLICY)
    return found


@inner_kernel
def _stands_at(data: Any, position: int, stop: int, phrases: Any, phrase_offsets: Any, index: int) -> bool:
    begin = phrase_offsets[index]
    length = phrase_offsets[index + 1] - begin
    if position + length > stop:
        return False
    for at in range(length):
        letter = data[position + at]
        if (letter | 0x20 if 0x41 <= letter <= 0x5A else letter) != phrases[begin + at]:
            return False
    return True
