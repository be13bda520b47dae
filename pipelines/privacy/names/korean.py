"""Korean names: a surname and one or two syllables, judged by a linear classifier over hashed features, in integers.

What follows such syllables within the word has to be nothing, a particle that may follow them, or a title. All else is
weighed: the syllables, the words around, the title, whether the syllables are a common word. The weights and what made
them are in `benchmarks/name_weights/`. What is masked already (김모 씨, 김○○) and a surname alone is no name here: one
in five people is called Kim.
"""

from typing import Any

import numpy as np

from pipelines.core.kernel import kernel
from pipelines.core.kernels import mix
from pipelines.privacy.gate import PLACE_ENDINGS
from pipelines.privacy.names.judging import Judge, hopeless, judged, spread
from pipelines.privacy.names.lines import HANGUL, MASK, Line, extend
from pipelines.privacy.names.vocabulary import (
    AFTER_CONSONANT,
    AFTER_VOWEL,
    DOUBLE_SURNAME,
    FIRST_SYLLABLE,
    LABEL,
    ORDINARY,
    TITLE,
    look_up,
)

THRESHOLD = -28
"""Score from which a candidate is a name, in units of a weight."""
_LONGEST_TITLE = 5
_LONGEST_PARTICLE = 4
_SPACE = 0x20
_PLACE_ENDINGS = np.array([ord(syllable) for syllable in PLACE_ENDINGS], np.int32)
_MASKED = 0xBAA8  # 모
_RIEUL = 8
_FROM_RIEUL = 0xB85C  # 로
OF_SYLLABLES, KOREAN_FEATURES = 11, 24
HOPELESS = -90
"""Score of the features of a candidate's own word below which the words around it are not looked at."""


@kernel
def hash_run(codes: Any, start: Any, stop: Any) -> Any:
    """Hash of syllables, which have no small letters."""
    state = np.uint64(0)
    for index in range(start, stop):
        state = extend(state, codes[index])
    return mix(state)


@kernel
def _particle_fits(codes: Any, start: Any, stop: Any, keys: Any, flags: Any) -> Any:
    """Whether ``codes[start:stop]`` is nothing, or a particle that may follow the syllable before it."""
    if start == stop:
        return True
    if stop - start > _LONGEST_PARTICLE:
        return False
    listed = look_up(hash_run(codes, start, stop), keys, flags)
    final = (codes[start - 1] - 0xAC00) % 28
    if final == _RIEUL and codes[start] == _FROM_RIEUL:
        return listed & AFTER_VOWEL != 0
    return listed & (AFTER_CONSONANT if final else AFTER_VOWEL) != 0


@kernel
def _is_numbered_place(codes: Any, end: Any, characters: Any) -> Any:
    """Whether a number follows at once, or behind a syllable that ends names of roads and quarters and a space."""
    if end < characters and 0x30 <= codes[end] <= 0x39:
        return True
    if end + 1 >= characters or codes[end] != _SPACE:
        return False
    number = 0x30 <= codes[end + 1] <= 0x39 or codes[end + 1] == MASK
    return number and (codes[end - 1] == _PLACE_ENDINGS).any()


@kernel
def _title_end(codes: Any, start: Any, stop: Any, keys: Any, flags: Any) -> Any:
    """End of the longest title at ``start`` that ends the word or is followed by a particle, or ``start``."""
    for end in range(min(stop, start + _LONGEST_TITLE), start, -1):
        if look_up(hash_run(codes, start, end), keys, flags) & TITLE and _particle_fits(codes, end, stop, keys, flags):
            return end
    return start


@kernel
def _describe_word(line: Line, word: Any, words: Any, keys: Any, flags: Any) -> Any:
    """Hash, last two characters, first two characters and listing of a word beside the candidate."""
    if word < 0 or word >= words:
        return np.uint64(1), np.int64(0), np.int64(0), np.int64(0)
    first, stop = line.firsts[word], line.stops[word]
    if line.groups[word] != HANGUL:
        mark = np.int64(line.groups[word])
        return np.uint64(2 + mark), mark, mark, np.int64(0)
    last = np.int64(line.codes[stop - 1])
    opening = np.int64(line.codes[first])
    if stop - first > 1:
        last |= np.int64(line.codes[stop - 2]) << 16
        opening |= np.int64(line.codes[first + 1]) << 16
    listed = look_up(line.hashes[word], keys, flags)
    if _title_end(line.codes, first, stop, keys, flags) > first:
        listed |= TITLE
    return line.hashes[word], last, opening, listed


@kernel
def _describe_syllables(line: Line, candidate: Any, keys: Any, flags: Any, out: Any) -> Any:
    """Write what is hashed to the first ``OF_SYLLABLES`` features of a candidate (uint64): all that its word tells.

    ``candidate``: first character and end of the surname and of the given name, end of a title, end of the word.
    Returns a hash of what follows the name in the word, and in how far the syllables are ordinary words.
    """
    codes = line.codes
    first, surname_end, given, end, _, stop = candidate
    shape = np.uint64((surname_end - first) * 8 + (end - given) * 2 + (given > surname_end))
    surname = hash_run(codes, first, surname_end)
    name = mix(surname ^ (hash_run(codes, given, end) * np.uint64(3)))
    final = np.uint64((codes[end - 1] - 0xAC00) % 28 > 0)
    ending = hash_run(codes, end, stop)
    ordinary = np.uint64(0)
    if look_up(hash_run(codes, first, end), keys, flags) & ORDINARY:
        ordinary |= np.uint64(1)
    if stop > end and look_up(hash_run(codes, first, stop), keys, flags) & ORDINARY:
        ordinary |= np.uint64(2)
    if stop - end > 1 and look_up(hash_run(codes, first, end + 1), keys, flags) & ORDINARY:
        ordinary |= np.uint64(4)
    if end - first > 2 and look_up(hash_run(codes, first, end - 1), keys, flags) & ORDINARY:
        ordinary |= np.uint64(8)
    out[0] = name
    out[1] = mix(name ^ ending)
    out[2] = shape
    out[3] = surname ^ shape << np.uint64(56)
    out[4] = np.uint64(codes[given]) << np.uint64(8) | shape
    out[5] = np.uint64(codes[end - 1]) << np.uint64(8) | shape
    out[6] = hash_run(codes, given, end)
    out[7] = surname * np.uint64(5) ^ np.uint64(codes[given])
    out[8] = ending ^ final << np.uint64(60) ^ shape
    out[9] = ordinary << np.uint64(8) | shape
    if ordinary & np.uint64(8):
        out[9] |= np.uint64(codes[end - 1]) << np.uint64(16)  # 심신상, 홍보용
    out[10] = ending * np.uint64(7) ^ ordinary
    return ending, ordinary << np.uint64(8) | shape


@kernel
def _describe_context(
    line: Line, characters: Any, words: Any, candidate: Any, beside: Any, said: Any, keys: Any, flags: Any, out: Any
) -> None:
    """Write what is hashed to the other features of a candidate (uint64).

    ``beside``: the words before and behind; ``said``: what `_describe_syllables` returned.
    """
    codes = line.codes
    first, _, _, end, title, stop = candidate
    before, behind = beside
    ending, ordinary = said
    following_gap = codes[stop] if stop < characters else 0
    preceding_gap = codes[first - 1] if first > 0 else 0
    beyond_gap = codes[stop + 1] if stop + 1 < characters else 0
    farther_gap = codes[first - 2] if first > 1 else 0
    before_hash, before_last, _, before_listed = _describe_word(line, before, words, keys, flags)
    behind_hash, _, behind_first, behind_listed = _describe_word(line, behind, words, keys, flags)
    farther_hash, _, _, _ = _describe_word(line, before - 1, words, keys, flags)
    _, _, later_first, _ = _describe_word(line, behind + 1, words, keys, flags)
    behind_last = np.int64(codes[line.stops[behind] - 1]) if behind < words else np.int64(0)
    apart = following_gap != _SPACE
    behind_title = behind_listed & TITLE != 0 and not apart and stop == end
    cue = np.uint64((title > end) + 2 * behind_title + 4 * (before_listed & (LABEL | TITLE) != 0))
    out[11] = cue << np.uint64(16) | ordinary
    out[12] = before_hash
    out[13] = np.uint64(before_last)
    out[14] = np.uint64(preceding_gap) << np.uint64(32) | np.uint64(farther_gap)
    out[15] = behind_hash ^ np.uint64(apart)
    out[16] = np.uint64(behind_first) << np.uint64(1) | np.uint64(apart)
    out[17] = np.uint64(following_gap) << np.uint64(32) | np.uint64(beyond_gap)
    out[18] = farther_hash
    out[19] = np.uint64(behind_last) << np.uint64(1) | np.uint64(stop > end)
    out[20] = np.uint64(later_first)
    out[21] = mix(before_hash ^ ending)
    out[22] = np.uint64(before_last & 0xFFFF) << np.uint64(16) | np.uint64(behind_first & 0xFFFF)
    out[23] = mix(ending ^ behind_hash * np.uint64(3))


@kernel
def find_korean(line: Line, characters: Any, words: Any, listed: Any, judge: Judge, features: Any, found: Any) -> Any:
    """Write first character and end of the names of a line to ``found`` (int64, rows of two); returns how many."""
    keys, flags, openings = listed
    codes = line.codes
    count = taken = 0
    values = np.zeros(KOREAN_FEATURES, np.uint64)
    for word in range(words):
        if line.groups[word] != HANGUL or line.firsts[word] < taken:
            continue
        first, stop = line.firsts[word], line.stops[word]
        surnames = openings[codes[first] - FIRST_SYLLABLE]
        if surnames == 0:
            continue
        best: Any = np.int64(THRESHOLD - 1)
        best_end = 0
        for surname in (1, 2):
            if not surnames & surname or (
                surname == 2
                and (stop < first + 2 or not look_up(hash_run(codes, first, first + 2), keys, flags) & DOUBLE_SURNAME)
            ):
                continue
            apart = (
                stop == first + surname
                and word + 1 < words
                and line.groups[word + 1] == HANGUL
                and line.firsts[word + 1] == stop + 1
                and codes[stop] == _SPACE
                and not (first > 0 and word > 0 and line.stops[word - 1] == first)  # 제1장 총강
            )
            given = line.firsts[word + 1] if apart else first + surname
            word_stop = line.stops[word + 1] if apart else stop
            if apart and _title_end(codes, given, word_stop, keys, flags) > given:
                continue  # 김 대리
            for length in (1, 2):
                end = given + length
                if end > word_stop or (length == 1 and (apart or codes[given] == _MASKED)):
                    continue
                if end == word_stop and _is_numbered_place(codes, end, characters):
                    continue
                title = _title_end(codes, end, word_stop, keys, flags)
                if title == end and not _particle_fits(codes, end, word_stop, keys, flags):
                    continue
                candidate = (first, first + surname, given, end, title, word_stop)
                said = _describe_syllables(line, candidate, keys, flags, values)
                spread(values, 0, OF_SYLLABLES, features)
                if hopeless(OF_SYLLABLES, features, judge, HOPELESS):
                    continue
                beside = (word - 1, word + 1 + apart)
                _describe_context(line, characters, words, candidate, beside, said, keys, flags, values)
                spread(values, OF_SYLLABLES, KOREAN_FEATURES, features)
                score = judged(line.starts[first], line.ends[end - 1], KOREAN_FEATURES, features, judge)
                if score > best:
                    best, best_end = score, end
        if best_end:
            found[count, 0], found[count, 1] = first, best_end
            count += 1
            taken = best_end
    return count
