"""Korean, English or another language, from scripts and function words alone: no model, one pass over the bytes."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.bits import first_bytes, leading_letters
from pipelines.core.blocks import BLOCK, between, count_bits, lowest
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import decode_utf8, eight_bytes
from pipelines.text.blocks import continuations_in, letters_in, syllables_in, whole
from pipelines.text.unicode import BLANK, HAN, HANGUL, KANA, LATIN, OTHER_LETTER, character_classes
from pipelines.text.utf8 import starts_syllable

OTHER_LANGUAGE = "other"
LABELS = ("ko", "en", OTHER_LANGUAGE)
KOREAN, ENGLISH, OTHER = range(3)

# A Hangul syllable, a Han or kana character says about as much as two letters of an alphabet: Korean with English terms
# in it stays Korean, Chinese with English names does not become English.
_SYLLABLE_WEIGHT = 2
_SHARE_OF_HANGUL = 0.4  # of all letters but Han: Korean may be written in mixed script
_LEAST_SHARE_OF_HANGUL = 0.1  # of all letters: Chinese may mention Korean names

# Names and loan words hit the list of foreign words now and then; in running text every fifth word or so is on it.
_WORDS_PER_CHANCE_HIT = 30

# Columns of what the kernel counts for one text; a syllable of Hangul, Han or kana counts twice.
HANGUL_LETTERS, LATIN_LETTERS, HAN_LETTERS, OTHER_LETTERS, ACCENTED, _ENGLISH_WORDS, FOREIGN_WORDS, WORDS = range(8)
_SLOT_BITS = 11
_SLOTS = 1 << _SLOT_BITS
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SMALL = np.uint64(0x2020202020202020)
_LONGEST_FUNCTION_WORD = 8  # bytes: a word is looked up as one 64-bit number

# Single letters and words that English shares with a language of the second list are in neither.
_ENGLISH_WORDS_LISTED = """
the of and to that with for are this from have which they been were their not but his her she you it has had would
could there what when who whom whose why will by at be is was he we my your our than then into only these those its
about after before because between most such other others another more some how where while just first very said
through during should can may might must did does done any all if out up so them us each in as him new made make one
two three four five six ten under against since until both used known called being over also years year many much few
every however though although here well long little good great own old see saw say know knew think thought come came
go going went get got give gave take took tell told never always ever again away down off back still even too now then
once perhaps between without within upon above below along among around toward let like look want need shall cannot
something nothing anything everything someone people man men woman women child children life world time times day days
night way work part place city state house film movie song album game team season story book second third last next
same different several including according became become began left right under himself herself itself themselves yes
oh sir miss mr mrs dear ask asked keep kept seem seems which best worst better less least does don won isn didn wasn
couldn wouldn doesn ll ve re of born based former member
"""
_FOREIGN_WORDS_LISTED = """
der das und ist nicht ein eine einen einer dem den des von mit für auf sich auch werden wird wurde sind bei nach über
aus zum zur oder als durch im wie sie es noch nur aber wenn dass kann haben hat ich wir geboren
le la les et est une un du dans pour qui que par sur pas avec au aux ses cette ce il elle nous vous été être ou où leur
né née mais comme je sa ne
el los las del una con para en y su al como más pero fue sus está lo se por nació sido ser entre desde
di che della non sono dei nel alla gli ed è anche si da nato nella delle ma più
os um uma das em na não com mais foi ao pelo é são nasceu seu sua pela
de het een dat zijn voor met niet op aan ook te door bij wordt werd om maar er nog uit tot
och att det som på av till inte ett har var för är från han hon
og ikke af blev være fra til jeg
ja oli ei että hän myös ovat kun mutta tai
się nie jest że przez jako od była który jego
je že byl roku ve
az és hogy nem egy volt meg ez
și în cu pe este din care nu mai
ve bir bu için ile olarak daha gibi
yang dengan untuk dari pada adalah ini itu dalam oleh lahir dan orang setiap tidak atau
và của là các trong có được cho một người sinh
ang ng sa mga ay
hiya nga
katika ya wa kwa alizaliwa
idi iti
ny dia tamin tao
est cum sed quod
"""


def identify(texts: pa.StringArray | pa.ChunkedArray) -> tuple[pa.StringArray, NDArray[np.float64]]:
    """Language of each text, ``ko``, ``en`` or ``other``, and the share of its letters in that language's script.

    Korean: Hangul is two fifths or more of the letters that are not Han, syllables counting twice. English: two thirds
    of the other letters are Latin, and common words of English outnumber accented words and common words of some thirty
    other languages in Latin script. With none of either, or one in thirty words against it, Latin letters are taken for
    English. URLs do not count. Works on documents, paragraphs and lines alike; a text without letters is ``other``
    with share 0.
    """
    labels, shares = decide(count_letters(*string_buffers(texts)))
    return pa.array(LABELS).take(pa.array(labels)), shares


def count_letters(offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Letters by script and words by list, columns ``HANGUL_LETTERS`` to ``WORDS``, of each string."""
    counts = np.zeros((len(offsets) - 1, 8), np.int64)
    _count(offsets, data, character_classes(), *_function_words(), counts)
    return counts


def decide(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Index into ``LABELS`` for each row of ``count_letters``, and the share of its letters in that script."""
    hangul, latin, han, other = (counts[:, column] for column in range(OTHER_LETTERS + 1))
    letters = hangul + latin + han + other
    korean = (
        (hangul >= _SHARE_OF_HANGUL * (letters - han)) & (hangul >= _LEAST_SHARE_OF_HANGUL * letters) & (hangul > 0)
    )
    evidence = counts[:, _ENGLISH_WORDS] - counts[:, FOREIGN_WORDS] - counts[:, ACCENTED]
    chance = -(counts[:, WORDS] // _WORDS_PER_CHANCE_HIT)
    plain = (evidence >= chance) & (counts[:, ACCENTED] <= -chance)
    english = ~korean & (latin >= 2 * (han + other)) & (latin > 0) & ((evidence > 0) | plain)
    labels = np.where(korean, KOREAN, np.where(english, ENGLISH, OTHER))
    shares = np.where(korean, hangul, np.where(english, latin, letters - hangul)) / np.maximum(letters, 1)
    return labels, shares


def by_language(languages: pa.StringArray, values: Mapping[str, int]) -> NDArray[np.int64]:
    """The value of each language; that of ``other`` for those without one of their own."""
    named = [language for language in values if language != OTHER_LANGUAGE]
    place = pc.fill_null(pc.index_in(languages, pa.array(named, pa.string())), len(named)).to_numpy()
    found: NDArray[np.int64] = np.array([values[name] for name in (*named, OTHER_LANGUAGE)], np.int64)[place]
    return found


@cache
def _function_words() -> tuple[NDArray[np.uint64], NDArray[np.int8]]:
    """Open addressing: packed words (0 = empty) and 1 for English, 2 for others, 3 for both."""
    marks: dict[int, int] = {}
    for words, mark in ((_ENGLISH_WORDS_LISTED, 1), (_FOREIGN_WORDS_LISTED, 2)):
        for word in words.split():
            packed = int.from_bytes(word.encode()[:_LONGEST_FUNCTION_WORD], "little")
            marks[packed] = marks.get(packed, 0) | mark
    keys, values = np.zeros(_SLOTS, np.uint64), np.zeros(_SLOTS, np.int8)
    for packed, mark in marks.items():
        slot = int(_slot(keys, np.uint64(packed)))
        keys[slot], values[slot] = packed, mark
    return keys, values


@inner_kernel
def _slot(keys: Any, packed: Any) -> Any:
    """Where ``packed`` is, or the empty slot where it would be (multiplicative hashing, Knuth 6.4)."""
    slot = (packed * _MULTIPLIER) >> np.uint64(64 - _SLOT_BITS)
    while keys[slot] != 0 and keys[slot] != packed:
        slot = (slot + np.uint64(1)) & np.uint64(_SLOTS - 1)
    return slot


@inner_kernel
def _korean_run(data: Any, position: Any, stop: Any) -> Any:
    """Bytes from ``position``, where a syllable stands, that hold no other letters and no URL; syllables in them."""
    if position + BLOCK > len(data):
        return np.int64(3), np.int64(1)
    syllables = syllables_in(data, position)
    signs = between(data, position, 0x00, 0x7F) & ~(letters_in(data, position) | between(data, position, 0x3A, 0x3A))
    ours = lowest(min(stop - position, BLOCK))
    run = whole((syllables | continuations_in(data, position) | signs) & ours, syllables)
    return run, np.int64(count_bits(syllables & lowest(run)))


@inner_kernel
def _count(offsets: Any, data: Any, classes: Any, keys: Any, values: Any, counts: Any) -> None:
    for row in range(len(offsets) - 1):
        position, stop = offsets[row], offsets[row + 1]
        hangul, latin, han, other, accented, english, foreign, words = 0, 0, 0, 0, 0, 0, 0, 0
        packed, length, plain = np.uint64(0), 0, True
        while position <= stop:
            # A word ends at whatever is no Latin letter, and at the end of the text.
            kind = np.uint8(BLANK)
            if position < stop:
                byte = data[position]
                if byte < 0x80:
                    if 0x61 <= byte | 0x20 <= 0x7A:
                        run: Any = np.int64(8)
                        while run == 8:
                            eight = eight_bytes(data, position, stop - position)
                            run = leading_letters(eight)
                            if run and length < 8:
                                packed |= first_bytes(eight | _SMALL, run) << np.uint64(8 * length)
                            length += run
                            position += run
                            latin += run
                        continue
                    position += 1
                    if byte == 0x3A and stop - position > 1 and data[position] == 0x2F and data[position + 1] == 0x2F:
                        latin -= length  # neither the scheme nor the rest of a URL is in a language
                        packed, length = np.uint64(0), 0
                        while position < stop and data[position] > 0x20:
                            position += 1
                elif starts_syllable(data, position):
                    run, syllables = _korean_run(data, position, stop)
                    position += run
                    hangul += syllables * _SYLLABLE_WEIGHT
                else:
                    start = position
                    code, position = decode_utf8(data, position)
                    if 0xAC00 <= code <= 0xD7A3:
                        hangul += _SYLLABLE_WEIGHT
                    else:
                        kind = classes[code]
                        if kind == LATIN:
                            for at in range(start, position):
                                if length < 8:
                                    packed |= np.uint64(data[at]) << np.uint64(8 * length)
                                length += 1
                            plain = False
                            latin += 1
                            continue
                        if kind == HANGUL:
                            hangul += _SYLLABLE_WEIGHT
                        elif kind == HAN:
                            han += _SYLLABLE_WEIGHT
                        elif kind == KANA:
                            other += _SYLLABLE_WEIGHT
                        elif kind == OTHER_LETTER:
                            other += 1
            else:
                position += 1
            if length == 0:
                continue
            words += 1
            if length <= 8:
                mark = values[_slot(keys, packed)]
                english += mark & 1
                foreign += mark >> 1
            if not plain:
                accented += 1
            packed, length, plain = np.uint64(0), 0, True
        counts[row, HANGUL_LETTERS] = hangul
        counts[row, LATIN_LETTERS] = latin
        counts[row, HAN_LETTERS] = han
        counts[row, OTHER_LETTERS] = other
        counts[row, ACCENTED] = accented
        counts[row, _ENGLISH_WORDS] = english
        counts[row, FOREIGN_WORDS] = foreign
        counts[row, WORDS] = words
