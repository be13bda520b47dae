"""Korean names: a surname and one or two syllables, judged by a linear classifier over hashed features, in integers.

What follows such syllables within the word has to be nothing, a particle that may follow them, or a title. All else is
weighed: the syllables, the words around, the title, whether the syllables are a common word. The weights and what made
them are in `benchmarks/name_weights/`. What is masked already (김모 씨, 김○○) and a surname alone is no name here: one
in five people is called Kim.
"""

from typing import Any

import numpy as np

from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import mix
from pipelines.privacy.gate import PLACE_ENDINGS
from pipelines.privacy.names.judging import Judge, judged, weighed
from pipelines.privacy.names.lines import FIRST_SYLLABLE, HANGUL, MASK, Line, extend
from pipelines.privacy.names.vocabulary import (
    AFTER_CONSONANT,
    AFTER_VOWEL,
    DOUBLE_SURNAME,
    LABEL,
    OPENS_DOUBLE_SURNAME,
    OPENS_PARTICLE,
    OPENS_SURNAME,
    OPENS_TITLE,
    ORDINARY,
    TITLE,
    look_up,
)

THRESHOLD = -36
"""Score from which a candidate is a name, in units of a weight."""
SUFFIXED = -28
"""The same where all but the last syllable is a word, of which that may be a suffix."""
_ALL_BUT_THE_LAST = 8
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


@inner_kernel
def hash_run(codes: Any, start: Any, stop: Any) -> Any:
    """Hash of syllables, which have no small letters."""
    state = np.uint64(0)
    for index in range(start, stop):
        state = extend(state, codes[index])
    return mix(state)


@inner_kernel
def _opens(code: Any, openings: Any) -> Any:
    """What the syllable ``code`` is, or begins."""
    return openings[np.uint64(code - FIRST_SYLLABLE)]


@inner_kernel
def _particle_fits(codes: Any, start: Any, stop: Any, lists: Any) -> Any:
    """Whether ``codes[start:stop]`` is nothing, or a particle that may follow the syllable before it."""
    keys, flags, openings = lists
    if start == stop:
        return True
    if stop - start > _LONGEST_PARTICLE or not _opens(codes[start], openings) & OPENS_PARTICLE:
        return False
    listed = look_up(hash_run(codes, start, stop), keys, flags)
    final = (codes[start - 1] - 0xAC00) % 28
    if final == _RIEUL and codes[start] == _FROM_RIEUL:
        return listed & AFTER_VOWEL != 0
    return listed & (AFTER_CONSONANT if final else AFTER_VOWEL) != 0


@inner_kernel
def _is_numbered_place(codes: Any, end: Any, characters: Any) -> Any:
    """Whether a number follows at once, or behind a syllable that ends names of roads and quarters and a space."""
    if end < characters and 0x30 <= codes[end] <= 0x39:
        return True
    if end + 1 >= characters or codes[end] != _SPACE:
        return False
    if not 0x30 <= codes[end + 1] <= 0x39 and codes[end + 1] != MASK:
        return False
    ends_place = False
    for syllable in _PLACE_ENDINGS:
        ends_place |= codes[end - 1] == syllable
    return ends_place


@inner_kernel
def _title_end(codes: Any, start: Any, stop: Any, lists: Any) -> Any:
    """End of the longest title at ``start`` that ends the word or is followed by a particle, or ``start``."""
    keys, flags, openings = lists
    found = start
    if start >= stop or not _opens(codes[start], openings) & OPENS_TITLE:
        return found
    state = np.uint64(0)
    for end in range(start + 1, min(stop, start + _LONGEST_TITLE) + 1):
        state = extend(state, codes[end - 1])
        if look_up(mix(state), keys, flags) & TITLE and _particle_fits(codes, end, stop, lists):
            found = end
    return found


@inner_kernel
def _word_hash(line: Line, word: Any, words: Any) -> Any:
    """Hash of a word of Hangul beside the candidate, or what stands for another."""
    if word < 0 or word >= words:
        return np.uint64(1)
    return line.hashes[word] if line.groups[word] == HANGUL else np.uint64(2 + line.groups[word])


@inner_kernel
def _word_edges(line: Line, word: Any, words: Any) -> Any:
    """First two characters and last two of a word of Hangul beside the candidate, or what stands for another."""
    if word < 0 or word >= words:
        return np.int64(0), np.int64(0)
    first, stop = line.firsts[word], line.stops[word]
    if line.groups[word] != HANGUL:
        return line.groups[word], line.groups[word]
    opening, last = np.int64(line.codes[first]), np.int64(line.codes[stop - 1])
    if stop - first > 1:
        opening |= np.int64(line.codes[first + 1]) << 16
        last |= np.int64(line.codes[stop - 2]) << 16
    return opening, last


@inner_kernel
def _word_listing(line: Line, word: Any, words: Any, lists: Any) -> Any:
    """What a word of Hangul beside the candidate is listed as; a title may have a particle behind it."""
    keys, flags, _ = lists
    if word < 0 or word >= words or line.groups[word] != HANGUL:
        return np.int64(0)
    listed = look_up(line.hashes[word], keys, flags)
    if _title_end(line.codes, line.firsts[word], line.stops[word], lists) > line.firsts[word]:
        listed |= TITLE
    return listed


@inner_kernel
def _describe_syllables(line: Line, candidate: Any, lists: Any, out: Any) -> Any:
    """Write what is hashed to the first ``OF_SYLLABLES`` features of a candidate (uint64): all that its word tells.

    ``candidate``: first character and end of the surname and of the given name, end of a title, end of the word.
    Returns a hash of what follows the name in the word, and in how far the syllables are ordinary words.
    """
    codes = line.codes
    keys, flags, _ = lists
    first, surname_end, given, end, _, stop = candidate
    shape = np.uint64((surname_end - first) * 8 + (end - given) * 2 + (given > surname_end))
    surname = hash_run(codes, first, surname_end)
    given_name = hash_run(codes, given, end)
    name = mix(surname ^ (given_name * np.uint64(3)))
    final = np.uint64((codes[end - 1] - 0xAC00) % 28 > 0)
    ending = hash_run(codes, end, stop)
    ordinary = np.uint64(0)
    state = np.uint64(0)
    for index in range(first, stop):
        state = extend(state, codes[index])
        stretch = index + 1 - end
        if stretch == 0:
            bit = 1
        elif index + 1 == stop:
            bit = 2
        elif stretch == 1:
            bit = 4
        elif stretch == -1 and end - first > 2:
            bit = _ALL_BUT_THE_LAST
        else:
            continue
        if look_up(mix(state), keys, flags) & (ORDINARY | TITLE | LABEL):
            ordinary |= np.uint64(bit)
    out[0] = name
    out[1] = mix(name ^ ending)
    out[2] = shape
    out[3] = surname ^ shape << np.uint64(56)
    out[4] = np.uint64(codes[given]) << np.uint64(8) | shape
    out[5] = np.uint64(codes[end - 1]) << np.uint64(8) | shape
    out[6] = given_name
    out[7] = surname * np.uint64(5) ^ np.uint64(codes[given])
    out[8] = ending ^ final << np.uint64(60) ^ shape
    out[9] = ordinary << np.uint64(8) | shape
    if ordinary & np.uint64(_ALL_BUT_THE_LAST):
        out[9] |= np.uint64(codes[end - 1]) << np.uint64(16)  # 심신상, 홍보용
    out[10] = ending * np.uint64(7) ^ ordinary
    return ending, ordinary << np.uint64(8) | shape


@inner_kernel
def _describe_context(
    line: Line, characters: Any, words: Any, candidate: Any, beside: Any, said: Any, lists: Any, out: Any
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
    before_hash, behind_hash = _word_hash(line, before, words), _word_hash(line, behind, words)
    farther_hash = _word_hash(line, before - 1, words)
    _, before_last = _word_edges(line, before, words)
    behind_first, _ = _word_edges(line, behind, words)
    later_first, _ = _word_edges(line, behind + 1, words)
    before_listed, behind_listed = _word_listing(line, before, words, lists), _word_listing(line, behind, words, lists)
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


@inner_kernel
def find_korean(
    line: Line, characters: Any, words: Any, lists: Any, judge: Judge, values: Any, hopeless_words: Any, found: Any
) -> Any:
    """Write first character and end of the names of a line to ``found`` (int64, rows of two); returns how many.

    ``values`` (uint64) is room for what is hashed; ``hopeless_words`` (uint64, a power of two) takes hashes of words
    that no name begins, whatever stands around them.
    """
    keys, flags, openings = lists
    codes = line.codes
    count = taken = 0
    for word in range(words):
        if line.groups[word] != HANGUL or line.firsts[word] < taken or not line.looked_at[word]:
            continue
        first, stop = line.firsts[word], line.stops[word]
        opened = _opens(codes[first], openings)
        if not opened & (OPENS_SURNAME | OPENS_DOUBLE_SURNAME):
            continue
        slot = line.hashes[word] & np.uint64(len(hopeless_words) - 1)
        if hopeless_words[slot] == line.hashes[word]:
            continue
        by_itself = True
        best: Any = np.int64(THRESHOLD - 1)
        best_end = 0
        for surname in (1, 2):
            if not opened & (OPENS_SURNAME if surname == 1 else OPENS_DOUBLE_SURNAME) or (
                surname == 2
                and (stop < first + 2 or not look_up(hash_run(codes, first, first + 2), keys, flags) & DOUBLE_SURNAME)
            ):
                continue
            alone = stop == first + surname
            by_itself &= not alone
            apart = (
                alone
                and word + 1 < words
                and line.groups[word + 1] == HANGUL
                and line.firsts[word + 1] == stop + 1
                and codes[stop] == _SPACE
                and not (first > 0 and word > 0 and line.stops[word - 1] == first)  # 제1장 총강
            )
            given = line.firsts[word + 1] if apart else first + surname
            word_stop = line.stops[word + 1] if apart else stop
            if apart and _title_end(codes, given, word_stop, lists) > given:
                continue  # 김 대리
            for length in (1, 2):
                end = given + length
                if end > word_stop or (length == 1 and (apart or codes[given] == _MASKED)):
                    continue
                if end == word_stop and _is_numbered_place(codes, end, characters):
                    by_itself = False
                    continue
                title = _title_end(codes, end, word_stop, lists)
                if title == end and not _particle_fits(codes, end, word_stop, lists):
                    continue
                candidate = (first, first + surname, given, end, title, word_stop)
                said = _describe_syllables(line, candidate, lists, values)
                own_score = weighed(values, 0, OF_SYLLABLES, judge)
                if own_score < HOPELESS:
                    continue
                by_itself = False
                beside = (word - 1, word + 1 + apart)
                _describe_context(line, characters, words, candidate, beside, said, lists, values)
                score = own_score + weighed(values, OF_SYLLABLES, KOREAN_FEATURES, judge)
                score = judged(line.starts[first], line.ends[end - 1], score, values, KOREAN_FEATURES, judge)
                suffixed = said[1] >> np.uint64(8) & np.uint64(_ALL_BUT_THE_LAST)
                if score > best and (score >= SUFFIXED or not suffixed):
                    best, best_end = score, end
        if by_itself:
            hopeless_words[slot] = line.hashes[word]
        if best_end:
            found[count, 0], found[count, 1] = first, best_end
            count += 1
            taken = best_end
    return count
