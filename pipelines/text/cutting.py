"""Texts cut into the pieces that a tokenizer encodes one by one: what `tokenizers` calls pre-tokenisation.

A cut gives where each piece starts and stops, as ``starts`` and ``stops`` over a buffer. ``starts`` is the position
times two, plus one where a word mark stands before it (the ``▁`` of unigram tokenizers); an added token is its index as
``-1 - index``. Digits that stand alone are pieces of their own.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.bits import leading_letters, load_eight, trailing_zeros
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import decode_utf8, encode_utf8
from pipelines.text.characters import (
    CLASS_BITS,
    DOTTED_I,
    DOTTED_I_LOWER,
    DROPPED,
    KIND,
    LETTER,
    NUMBER,
    NUMERIC,
    OTHER,
    SPACE,
    WHITE,
    WORD,
    character_table,
    kind_table,
)
from pipelines.text.trie import byte_trie, leaves_words, longest_token
from pipelines.text.utf8 import starts_syllable

Family = Literal["wordpiece", "bpe", "unigram"]
WORD_MARK = 0x2581
"""``▁``, for a space in unigram tokens."""
LONGEST_WORD = 100
"""Characters; WordPiece makes [UNK] of anything longer, so it teaches a vocabulary nothing."""

_CLASS_MASK = (1 << CLASS_BITS) - 1
# Beside the kinds of characters.py, in the order of which the loops make use: what follows ends a run of any kind.
_ALONE, _ADDED, _WITHIN, _NO_KIND = range(4, 8)
_APOSTROPHE, _BLANK = 0x27, 0x20
_CASE = np.uint64(0x2020202020202020)


class Pieces(NamedTuple):
    """Pieces of texts: ``starts`` and ``stops`` over ``data``, and for each text where its pieces end."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    ends: NDArray[np.int64]


@dataclass(frozen=True)
class Cutter:
    """The pre-tokenisation of a family; ``added`` are the tokens that are found before anything else.

    ``wordpiece``: BERT's normaliser and pre-tokeniser; words over ``LONGEST_WORD`` characters and added tokens are left
    out, since only counting needs this cut. ``bpe``: the pattern of GPT-2 (Radford et al. 2019). ``unigram``: words
    with the ``▁`` of their space before them, white space as one space and none at the end (Kudo and Richardson 2018,
    arXiv:1808.06226).
    """

    family: Family
    lowercase: bool
    split_digits: bool
    added: tuple[str, ...]

    def __call__(self, offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> Pieces:
        room = len(data) + len(offsets)
        starts, stops, ends = np.empty(room, np.int64), np.empty(room, np.int64), np.zeros(len(offsets), np.int64)
        added = byte_trie(self.added)
        if self.family == "wordpiece":
            # The text itself, and behind it words that are written otherwise: a lower-case letter can take three bytes
            # where the capital takes two.
            words = np.empty(3 * len(data) + 8, np.uint8)
            words[: len(data)] = data
            table, plain = character_table(self.lowercase, self.split_digits), leaves_words(added)
            used = _cut_bert(words, offsets, table, added, plain, self.lowercase, starts, stops, ends)
            data = words
        else:
            kinds = np.empty(len(data), np.uint8)
            _fill_kinds(data, offsets, kind_table(), self.split_digits, added, kinds)
            cut = _cut_byte_level if self.family == "bpe" else _cut_metaspace
            used = cut(data, offsets, kinds, added, starts, stops, ends)
        return Pieces(data, starts[:used], stops[:used], ends)


def spaces_forward(
    document_offsets: NDArray[np.int64], offsets: NDArray[np.int64], data: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Sentence ``offsets`` with the white space at the end of a sentence moved to the next one of its document.

    Byte-level and unigram tokens hold the space before a word, not the one after it. A document that is encoded by its
    sentences so has the tokens of the whole, and no WordPiece token changes. White space at the end of a document
    stays.
    """
    moved = offsets.copy()
    _move_spaces(document_offsets, data, moved)
    return moved


@inner_kernel
def _move_spaces(document_offsets: Any, data: Any, offsets: Any) -> None:
    for document in range(len(document_offsets) - 1):
        for sentence in range(document_offsets[document] + 1, document_offsets[document + 1]):
            stop = offsets[sentence]
            while stop > offsets[sentence - 1] and (data[stop - 1] == _BLANK or 9 <= data[stop - 1] <= 13):
                stop -= 1
            offsets[sentence] = stop


@inner_kernel
def _fill_kinds(data: Any, offsets: Any, classes: Any, split_digits: Any, added: Any, kinds: Any) -> None:
    """Kind of each byte's code point; ``_ALONE`` for the first byte of a piece of its own and ``_WITHIN`` for others.

    A pass of its own, because a call for every code point would cost more than the work.
    """
    for row in range(len(offsets) - 1):
        position = offsets[row]
        end = offsets[row + 1]
        while position < end:
            byte = data[position]
            if added[0, byte]:
                token, after = longest_token(added, data, position, end)
                if token >= 0:
                    kinds[position] = _ADDED
                    kinds[position + 1 : after] = _WITHIN
                    position = after
                    continue
            if byte < 0x80:
                entry = classes[byte]
                kinds[position] = _ALONE if split_digits and entry & NUMERIC else entry & KIND
                position += 1
                continue
            code, after = decode_utf8(data, position)
            entry = classes[code]
            alone = split_digits and entry & NUMERIC
            kinds[position] = _ALONE if alone else entry & KIND
            position += 1
            while position < after:
                kinds[position] = _WITHIN if alone else entry & KIND
                position += 1


@inner_kernel
def _cut_byte_level(data: Any, offsets: Any, kinds: Any, added: Any, starts: Any, stops: Any, ends: Any) -> Any:
    """``'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+``; returns their number."""
    used = 0
    for row in range(len(offsets) - 1):
        position = offsets[row]
        end = offsets[row + 1]
        while position < end:
            start = position
            kind = kinds[position]
            position += 1
            if kind == _ADDED:
                token, position = longest_token(added, data, start, end)
                starts[used] = -1 - token
                stops[used] = position
                used += 1
                continue
            if kind == _ALONE:
                kind = np.uint8(_WITHIN)
            elif kind == WHITE:
                while position < end and kinds[position] == WHITE:
                    position += 1
                ends_segment = position == end or kinds[position] > WHITE
                last = position - 1
                while data[last] & 0xC0 == 0x80:
                    last -= 1
                if not ends_segment and last > start:
                    starts[used] = start << 1
                    stops[used] = last
                    used += 1
                    start = last
                # A blank joins what follows; other white space, and all of it at the end of a segment, stands alone.
                kind = kinds[position] if not ends_segment and data[last] == _BLANK else np.uint8(_NO_KIND)
            elif data[start] == _APOSTROPHE and position < end:
                letter = data[position]
                second = data[position + 1] if position + 1 < end and kinds[position + 1] == LETTER else np.uint8(0)
                length = 0
                if kinds[position] == LETTER:
                    if letter == 0x73 or letter == 0x74 or letter == 0x6D or letter == 0x64:
                        length = 1
                    elif (letter == 0x6C and second == 0x6C) or (second == 0x65 and (letter == 0x72 or letter == 0x76)):
                        length = 2
                position += length
                if length:
                    kind = np.uint8(_NO_KIND)
            while position < end and kinds[position] == kind:
                position += 1
            starts[used] = start << 1
            stops[used] = position
            used += 1
        ends[row + 1] = used
    return used


@inner_kernel
def _cut_metaspace(data: Any, offsets: Any, kinds: Any, added: Any, starts: Any, stops: Any, ends: Any) -> Any:
    """White space at the end of a segment stripped, other white space one ``▁``; pieces begin with ``▁``.

    ``first``: a ``▁`` is to be put before the text once it turns out to begin with something else. ``mark``: the piece
    in hand has a ``▁`` in front, and so is a piece though it may have no byte.
    """
    used = 0
    for row in range(len(offsets) - 1):
        position = offsets[row]
        end = offsets[row + 1]
        start = position
        first = True
        mark: Any = 0
        while position <= end:
            kind = np.int64(kinds[position]) if position < end else np.int64(_NO_KIND)
            stop = position
            begin = position + 1
            following = 0
            token = np.int64(-1)
            if kind == WHITE:
                while begin < end and kinds[begin] == WHITE:
                    begin += 1
                following = 0 if begin == end or kinds[begin] == _ADDED else 1
            elif kind == _ADDED:
                token, begin = longest_token(added, data, position, end)
            elif kind == _ALONE or kind == OTHER or kind == LETTER or kind == NUMBER:
                marked = data[position] == 0xE2 and begin + 1 < end and data[begin] == 0x96 and data[begin + 1] == 0x81
                if marked:
                    following = 1
                    begin += 2
                else:
                    mark |= np.int64(first)
                    first = False
                    position = begin
                    if kind != _ALONE:
                        while position < end and kinds[position] == kind and data[position] != 0xE2:
                            position += 1
                        continue
                    while begin < end and kinds[begin] == _WITHIN:
                        begin += 1
            if mark or start < stop:
                starts[used] = (start << 1) | mark
                stops[used] = stop
                used += 1
            first = False
            if token >= 0:
                starts[used] = -1 - token
                stops[used] = begin
                used += 1
            elif kind == _ALONE:
                starts[used] = stop << 1
                stops[used] = begin
                used += 1
            mark = following
            start = begin
            position = begin
        ends[row + 1] = used
    return used


@inner_kernel
def _cut_bert(
    words: Any,
    offsets: Any,
    characters: Any,
    added: Any,
    plain: Any,
    lowercase: Any,
    starts: Any,
    stops: Any,
    ends: Any,
) -> Any:
    """Words after BERT's normaliser; returns their number.

    A word that the normaliser leaves as it is stays where it stands; others are written behind the text. ``plain``:
    no added token begins with an ASCII letter or a syllable.
    """
    used = 0
    size = offsets[-1]
    written: Any = np.int64(size)
    for row in range(len(offsets) - 1):
        position = offsets[row]
        end = offsets[row + 1]
        start = position
        stays: Any = True
        letters: Any = np.int64(0)
        while position <= end:
            if plain and stays and position < end:
                if words[position] < 0x80:
                    count = np.int64(8)
                    while count == 8 and position + 8 <= end:
                        eight = load_eight(words, position)
                        count = leading_letters(eight)
                        if lowercase:
                            count = min(count, np.int64(trailing_zeros(~eight & _CASE) >> np.uint64(3)))
                        position += count
                        letters += count
                else:
                    while position < end and starts_syllable(words, position):
                        position += 3
                        letters += 1
            token = np.int64(-1)
            after = position + 1
            kind = np.int64(SPACE)
            code = lower = np.int64(0)
            if position < end:
                if added[0, words[position]]:
                    token, after = longest_token(added, words, position, end)
                if token < 0:
                    decoded, after = decode_utf8(words, position)
                    code = np.int64(decoded)
                    kind = np.int64(characters[code]) & _CLASS_MASK
                    lower = np.int64(characters[code]) >> CLASS_BITS
            if stays and (kind == DROPPED or kind == DOTTED_I or (kind == WORD and lower != code)):
                count = position - start
                for byte in range(count):
                    words[written + byte] = words[start + byte]
                start = written
                written += count
                stays = False
            if kind == WORD or kind == DOTTED_I:
                letters += 1
                if not stays:
                    if kind == DOTTED_I:
                        written = encode_utf8(DOTTED_I_LOWER[0], words, written)
                        lower = np.int64(DOTTED_I_LOWER[1])
                        letters += 1
                    written = encode_utf8(lower, words, written)
                position = after
                continue
            if kind == DROPPED:
                position = after
                continue
            if 0 < letters <= LONGEST_WORD:
                starts[used] = start << 1
                stops[used] = position if stays else written
                used += 1
            if kind != SPACE:
                starts[used] = position << 1
                stops[used] = after
                if lower != code:
                    starts[used] = written << 1
                    written = encode_utf8(lower, words, written)
                    stops[used] = written
                used += 1
            start = position = after
            stays = True
            letters = np.int64(0)
        ends[row + 1] = used
    return used
