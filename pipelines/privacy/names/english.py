"""English names: capitalised words, each judged by a linear classifier over hashed features, in integers.

It weighs the lists that a word stands in, its letters, the words and marks around it, and whether the word before it
was taken for a name. Words that are taken side by side are one name.
"""

from typing import Any

import numpy as np

from pipelines.core.kernel import kernel
from pipelines.core.kernels import mix
from pipelines.privacy.names.judging import Judge, judged, spread
from pipelines.privacy.names.lines import LATIN, Line
from pipelines.privacy.names.vocabulary import ENGLISH_TITLE, FAMILY, GIVEN, NAME_PARTICLE, ORDINARY, look_up

THRESHOLD = 36
"""Score from which a word belongs to a name, in units of a weight, in English text."""
ELSEWHERE = 60
"""The same in text of other languages, some of which write every noun with a capital."""
ENGLISH_FEATURES = 20
_SPACE, _STOP = 0x20, 0x2E
_SMALL, _CAPITAL, _CAPITALS, _INITIAL = range(4)
_LISTS = GIVEN | FAMILY | ORDINARY | ENGLISH_TITLE | NAME_PARTICLE
_NOBODY = np.uint64(0x5851F42D4C957F2D)
_MOST_PARTICLES = 2


@kernel
def _is_upper(code: Any) -> Any:
    return 65 <= code <= 90 or (0xC0 <= code <= 0xDE and code != 0xD7)


@kernel
def _shape(line: Line, word: Any) -> Any:
    first, stop = line.firsts[word], line.stops[word]
    if not _is_upper(line.codes[first]):
        return _SMALL
    if stop - first == 1:
        return _INITIAL
    return _CAPITALS if _is_upper(line.codes[stop - 1]) and _is_upper(line.codes[first + 1]) else _CAPITAL


@kernel
def _describe_word(line: Line, word: Any, words: Any, keys: Any, flags: Any) -> Any:
    """Listing with shape, and hash of a word beside the candidate; a word that may be a name is like any other such."""
    if word < 0 or word >= words:
        return np.uint64(1), np.uint64(1)
    if line.groups[word] != LATIN:
        return np.uint64(2 + line.groups[word]), np.uint64(2 + line.groups[word])
    listed = look_up(line.hashes[word], keys, flags) & _LISTS
    shape = _shape(line, word)
    known = np.uint64(listed) << np.uint64(4) | np.uint64(shape) << np.uint64(2) | np.uint64(3)
    if shape == _SMALL or listed & (ORDINARY | ENGLISH_TITLE):
        return known, line.hashes[word]
    return known, _NOBODY ^ known


@kernel
def _gap(line: Line, start: Any, stop: Any) -> Any:
    """What stands between two words: up to three characters, and whether there are more."""
    gap = np.uint64(0)
    for index in range(start, min(stop, start + 3)):
        gap = gap << np.uint64(20) | np.uint64(line.codes[index])
    return gap ^ np.uint64(stop - start > 3)


@kernel
def _describe(line: Line, characters: Any, words: Any, word: Any, taken: Any, keys: Any, flags: Any, out: Any) -> None:
    """Write what is hashed to features of a word (uint64); ``taken``: the word before is one of a name."""
    first, stop = line.firsts[word], line.stops[word]
    known, _ = _describe_word(line, word, words, keys, flags)
    before_known, before_hash = _describe_word(line, word - 1, words, keys, flags)
    behind_known, behind_hash = _describe_word(line, word + 1, words, keys, flags)
    _, farther_hash = _describe_word(line, word - 2, words, keys, flags)
    later_known, later_hash = _describe_word(line, word + 2, words, keys, flags)
    before_gap = _gap(line, line.stops[word - 1] if word > 0 else 0, first)
    behind_gap = _gap(line, stop, line.firsts[word + 1] if word + 1 < words else characters)
    beginning = word == 0 or before_gap >> np.uint64(20) == _STOP
    ending = np.uint64(line.codes[stop - 1])
    if stop - first > 1:
        ending |= np.uint64(line.codes[stop - 2]) << np.uint64(20)
    longer = ending | (np.uint64(line.codes[stop - 3]) << np.uint64(40) if stop - first > 2 else np.uint64(0))
    follows = np.uint64(taken)
    out[0] = line.hashes[word]
    out[1] = known
    out[2] = mix(known ^ before_known << np.uint64(20)) ^ before_gap
    out[3] = mix(known ^ behind_known << np.uint64(20)) ^ behind_gap
    out[4] = before_hash
    out[5] = behind_hash
    out[6] = before_gap
    out[7] = behind_gap
    out[8] = ending
    out[9] = longer
    out[10] = known << np.uint64(1) | follows
    out[11] = before_gap << np.uint64(1) | follows
    out[12] = known << np.uint64(1) | np.uint64(beginning)
    out[13] = farther_hash
    out[14] = later_hash
    out[15] = mix(before_hash ^ behind_hash * np.uint64(3))
    out[16] = known << np.uint64(5) | np.uint64(min(stop - first, 15))
    out[17] = mix(known ^ behind_known << np.uint64(20)) ^ follows
    out[18] = mix(behind_known ^ later_known << np.uint64(20)) ^ known << np.uint64(1) ^ follows
    out[19] = mix(before_hash ^ known)


@kernel
def _joins(line: Line, last: Any, word: Any, keys: Any, flags: Any) -> Any:
    """Whether the word belongs to the name that ends with word ``last``: beside it, or after van, de and the like."""
    if word - last > _MOST_PARTICLES + 1:
        return False
    for place in range(last + 1, word + 1):
        between = line.stops[place - 1]
        gap = line.firsts[place] - between
        initial = gap == 2 and line.codes[between] == _STOP and _shape(line, place - 1) == _INITIAL
        if line.groups[place] != LATIN or line.codes[line.firsts[place] - 1] != _SPACE or not (gap == 1 or initial):
            return False
        if place < word and not look_up(line.hashes[place], keys, flags) & NAME_PARTICLE:
            return False
    return True


@kernel
def find_english(
    line: Line,
    characters: Any,
    words: Any,
    listed: Any,
    threshold: Any,
    judge: Judge,
    features: Any,
    found: Any,
) -> Any:
    """Write first character and end of the names of a line to ``found`` (int64, rows of two); returns how many."""
    keys, flags, _ = listed
    count = 0
    last = -2
    values = np.zeros(ENGLISH_FEATURES, np.uint64)
    for word in range(words):
        first, stop = line.firsts[word], line.stops[word]
        if line.groups[word] != LATIN or not _is_upper(line.codes[first]):
            continue
        taken = last == word - 1
        if not taken and not line.looked_at[word]:
            continue
        _describe(line, characters, words, word, taken, keys, flags, values)
        spread(values, 0, ENGLISH_FEATURES, features)
        start = line.starts[first]
        score = judged(start, line.ends[stop - 1], ENGLISH_FEATURES, features, judge)
        if len(judge.labels) and judge.labels[start]:
            last = word
        elif score >= threshold:
            if count and last >= 0 and _joins(line, last, word, keys, flags):
                found[count - 1, 1] = stop
            else:
                found[count, 0], found[count, 1] = first, stop
                count += 1
            last = word
    return count
