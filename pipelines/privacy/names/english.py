"""English names: capitalised words, each judged by a linear classifier over hashed features, in integers.

It weighs the lists that a word stands in, its letters, the words and marks around it, the run of capitalised words that
it is one of, what stands before and behind that, and whether the word before it was taken for a name. Words that are
taken side by side are one name.
"""

from typing import Any

import numpy as np

from pipelines.core.kernel import kernel
from pipelines.core.kernels import mix
from pipelines.privacy.names.judging import Judge, hopeless, judged, spread
from pipelines.privacy.names.lines import LATIN, Line
from pipelines.privacy.names.vocabulary import ENGLISH_TITLE, FAMILY, GIVEN, NAME_PARTICLE, ORDINARY, look_up

THRESHOLD = 6
"""Score from which a word belongs to a name, in units of a weight, in English text."""
ELSEWHERE = 48
"""The same in text of other languages, some of which write every noun with a capital."""
OF_LETTERS, ENGLISH_FEATURES = 9, 23
HOPELESS = -80
"""Score of the features of a word's own letters below which the words around it are not looked at."""
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
def _beside(line: Line, word: Any) -> Any:
    """Whether nothing but a space, or the stop of an initial and a space, stands between a word and the one before."""
    between = line.stops[word - 1]
    gap = line.firsts[word] - between
    initial = gap == 2 and line.codes[between] == _STOP and _shape(line, word - 1) == _INITIAL
    return line.groups[word] == LATIN and line.codes[line.firsts[word] - 1] == _SPACE and (gap == 1 or initial)


@kernel
def _run_end(line: Line, words: Any, first: Any, keys: Any, flags: Any) -> Any:
    """End of the run of words with a capital that begins with ``first``: side by side, particles among them, no title.

    Returns it with what any of them is listed as.
    """
    end = first
    listed: Any = np.int64(0)
    word = first
    while word < words and (word == first or _beside(line, word)):
        known = look_up(line.hashes[word], keys, flags)
        if _is_upper(line.codes[line.firsts[word]]):
            end = word + 1
            listed |= known
            if known & ENGLISH_TITLE:
                break
        elif not known & NAME_PARTICLE:
            break
        word += 1
    return end, listed & _LISTS


@kernel
def _describe_letters(line: Line, word: Any, taken: Any, keys: Any, flags: Any, out: Any) -> Any:
    """Write what is hashed to the first ``OF_LETTERS`` features of a word (uint64): what it and the gap before it tell.

    ``taken``: the word before is one of a name. Returns the listing with shape of the word.
    """
    first, stop = line.firsts[word], line.stops[word]
    known, _ = _describe_word(line, word, word + 1, keys, flags)
    before_gap = _gap(line, line.stops[word - 1] if word > 0 else 0, first)
    beginning = word == 0 or before_gap >> np.uint64(20) == _STOP
    ending = np.uint64(line.codes[stop - 1])
    if stop - first > 1:
        ending |= np.uint64(line.codes[stop - 2]) << np.uint64(20)
    follows = np.uint64(taken)
    out[0] = line.hashes[word]
    out[1] = known
    out[2] = before_gap
    out[3] = ending
    out[4] = ending | (np.uint64(line.codes[stop - 3]) << np.uint64(40) if stop - first > 2 else np.uint64(0))
    out[5] = known << np.uint64(1) | follows
    out[6] = before_gap << np.uint64(1) | follows
    out[7] = known << np.uint64(1) | np.uint64(beginning)
    out[8] = known << np.uint64(5) | np.uint64(min(stop - first, 15))
    return known


@kernel
def _describe_context(
    line: Line,
    characters: Any,
    words: Any,
    word: Any,
    known: Any,
    run: Any,
    taken: Any,
    keys: Any,
    flags: Any,
    out: Any,
) -> None:
    """Write what is hashed to the other features of a word (uint64).

    ``known``: what `_describe_letters` returned; ``run``: first word and end of the run it stands in, and what that is
    listed as.
    """
    before_known, before_hash = _describe_word(line, word - 1, words, keys, flags)
    behind_known, behind_hash = _describe_word(line, word + 1, words, keys, flags)
    later_known, _ = _describe_word(line, word + 2, words, keys, flags)
    run_first, run_end, run_listed = run
    _, opening_hash = _describe_word(line, run_first - 1, words, keys, flags)
    _, last_hash = _describe_word(line, run_end - 1, words, keys, flags)
    _, closing_hash = _describe_word(line, run_end, words, keys, flags)
    length = np.uint64(min(run_end - run_first, 5))
    place = np.uint64((word > run_first) + 2 * (word < run_end - 1))
    before_gap = out[2]
    behind_gap = _gap(line, line.stops[word], line.firsts[word + 1] if word + 1 < words else characters)
    follows = np.uint64(taken)
    out[9] = mix(known ^ before_known << np.uint64(20)) ^ before_gap
    out[10] = mix(known ^ behind_known << np.uint64(20)) ^ behind_gap
    out[11] = before_hash
    out[12] = behind_hash
    out[13] = behind_gap
    out[14] = opening_hash ^ place
    out[15] = closing_hash ^ place << np.uint64(2)
    out[16] = mix(before_hash ^ behind_hash * np.uint64(3))
    out[17] = mix(known ^ behind_known << np.uint64(20)) ^ follows
    out[18] = mix(behind_known ^ later_known << np.uint64(20)) ^ known << np.uint64(1) ^ follows
    out[19] = mix(before_hash ^ known)
    out[20] = (np.uint64(run_listed) << np.uint64(6)) ^ length << np.uint64(2) ^ place
    out[21] = mix(last_hash ^ place) ^ known
    out[22] = mix(opening_hash ^ closing_hash * np.uint64(3)) ^ length


@kernel
def _joins(line: Line, last: Any, word: Any, keys: Any, flags: Any) -> Any:
    """Whether the word belongs to the name that ends with word ``last``: beside it, or behind initials, van, de and the
    like."""
    if word - last > _MOST_PARTICLES + 1:
        return False
    for place in range(last + 1, word + 1):
        if not _beside(line, place):
            return False
        among = look_up(line.hashes[place], keys, flags) & NAME_PARTICLE or _shape(line, place) == _INITIAL
        if place < word and not among:
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
    run_end = 0
    run = np.int64(0), np.int64(0), np.int64(0)
    values = np.zeros(ENGLISH_FEATURES, np.uint64)
    for word in range(words):
        first, stop = line.firsts[word], line.stops[word]
        if line.groups[word] != LATIN or not _is_upper(line.codes[first]):
            continue
        if word >= run_end:
            run_end, run_listed = _run_end(line, words, word, keys, flags)
            run = np.int64(word), np.int64(run_end), np.int64(run_listed)
        taken = last == word - 1
        # A run that now ends at a placeholder, or begins behind one, is judged otherwise in all of its words.
        changed = line.looked_at[word] or line.looked_at[run[0]] or line.looked_at[run_end - 1]
        if not taken and not changed:
            continue
        known = _describe_letters(line, word, taken, keys, flags, values)
        spread(values, 0, OF_LETTERS, features)
        if hopeless(OF_LETTERS, features, judge, HOPELESS):
            continue
        _describe_context(line, characters, words, word, known, run, taken, keys, flags, values)
        spread(values, OF_LETTERS, ENGLISH_FEATURES, features)
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
