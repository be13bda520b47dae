"""English names: capitalised words, each judged by a linear classifier over hashed features, in integers.

It weighs the lists that a word stands in, its letters, the words and marks around it, the run of capitalised words that
it is one of, what stands before and behind that, and whether the word before it was taken for a name. Words that are
taken side by side are one name.
"""

from typing import Any, NamedTuple

import numpy as np

from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import mix
from pipelines.privacy.names.judging import Judge, judged, weighed
from pipelines.privacy.names.lines import LATIN, LONGEST, Line
from pipelines.privacy.names.vocabulary import (
    CUE_SUBJECT,
    CUE_VERB,
    ENGLISH_CUE,
    ENGLISH_TITLE,
    FAMILY,
    GIVEN,
    NAME_PARTICLE,
    ORDINARY,
    look_up,
)

THRESHOLD = 2
"""Score from which a word belongs to a name, in units of a weight, in English text."""
BEHIND_CUE = -30
"""The same where a title, a greeting, a sign-off or a word that introduces a person stands before the name."""
ELSEWHERE = 48
"""The same in text of other languages, some of which write every noun with a capital."""
OF_LETTERS, ENGLISH_FEATURES = 11, 27
HOPELESS = -80
"""Score of the features of a word's own letters below which the words around it are not looked at."""
_SPACE, _STOP = 0x20, 0x2E
_SMALL, _CAPITAL, _CAPITALS, _INITIAL = range(4)
_LISTS = GIVEN | FAMILY | ORDINARY | ENGLISH_TITLE | NAME_PARTICLE
_NOBODY = np.uint64(0x5851F42D4C957F2D)
_MOST_PARTICLES = 2
_LONGEST_CUE_GAP = 2
"""Characters between a cue and a name: a stop, a comma or a colon, and a space."""
_EDGE = 2
"""Words that are looked at beyond either end of a line, where there are none."""
_NOT_DESCRIBED, _NO_WORD = np.uint64(0), np.uint64(1)
_APART = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


class Described(NamedTuple):
    """Room for the words of a line, from place ``_EDGE`` on: ``known``, the lists that each stands in with its shape,
    and ``told``, what it is for the words beside it: its hash, or, where it may be a name, no more than that
    (uint64)."""

    known: Any
    told: Any


class Remembered(NamedTuple):
    """Scores (int64) of what the letters of words tell, and hashes of all that they depend on (uint64), a power of two
    of both; a word takes the place of an earlier one."""

    hashes: Any
    scores: Any


def described() -> Described:
    """Room for a line of ``LONGEST`` words."""
    known, told = (np.full(LONGEST + 2 * _EDGE, _NO_WORD) for _ in range(2))
    return Described(known, told)


def remembered(words: int) -> Remembered:
    """Room for ``words`` words."""
    return Remembered(np.zeros(words, np.uint64), np.zeros(words, np.int64))


@inner_kernel
def _is_upper(code: Any) -> Any:
    return 65 <= code <= 90 or (0xC0 <= code <= 0xDE and code != 0xD7)


@inner_kernel
def _shape(line: Line, word: Any) -> Any:
    first, stop = line.firsts[word], line.stops[word]
    if not _is_upper(line.codes[first]):
        return _SMALL
    if stop - first == 1:
        return _INITIAL
    return _CAPITALS if _is_upper(line.codes[stop - 1]) and _is_upper(line.codes[first + 1]) else _CAPITAL


@inner_kernel
def _describe_none(words: Any, about: Described) -> None:
    """Forget what was said of an earlier line; beyond the ``words`` of this one there are none."""
    about.known[_EDGE : words + _EDGE] = _NOT_DESCRIBED
    about.known[words + _EDGE : words + 2 * _EDGE] = _NO_WORD
    about.told[words + _EDGE : words + 2 * _EDGE] = _NO_WORD


@inner_kernel
def _describe_words(line: Line, first: Any, stop: Any, words: Any, listed: Any, about: Described) -> None:
    """Describe the words from ``first`` to before ``stop``, as far as there are such and it was not done yet."""
    keys, flags, _ = listed
    for word in range(max(first, 0), min(stop, words)):
        if about.known[word + _EDGE] != _NOT_DESCRIBED:
            continue
        if line.groups[word] != LATIN:
            about.known[word + _EDGE] = about.told[word + _EDGE] = np.uint64(2 + line.groups[word])
            continue
        lists = look_up(line.hashes[word], keys, flags) & _LISTS
        shape = _shape(line, word)
        known = np.uint64(lists) << np.uint64(4) | np.uint64(shape) << np.uint64(2) | np.uint64(3)
        about.known[word + _EDGE] = known
        # A word that may be a name is like any other such.
        plain = shape == _SMALL or lists & (ORDINARY | ENGLISH_TITLE)
        about.told[word + _EDGE] = line.hashes[word] if plain else _NOBODY ^ known


@inner_kernel
def _listed(about: Described, word: Any) -> Any:
    return np.int64(about.known[word + _EDGE] >> np.uint64(4))


@inner_kernel
def _has_shape(about: Described, word: Any, shape: Any) -> Any:
    return about.known[word + _EDGE] >> np.uint64(2) & np.uint64(3) == np.uint64(shape)


@inner_kernel
def _has_capital(line: Line, word: Any) -> Any:
    return line.groups[word] == LATIN and _is_upper(line.codes[line.firsts[word]])


@inner_kernel
def _gap(line: Line, start: Any, stop: Any) -> Any:
    """What stands between two words: up to three characters, and whether there are more."""
    gap = np.uint64(0)
    for index in range(start, min(stop, start + 3)):
        gap = gap << np.uint64(20) | np.uint64(line.codes[index])
    return gap ^ np.uint64(stop - start > 3)


@inner_kernel
def _beside(line: Line, word: Any, about: Described) -> Any:
    """Whether nothing but a space, or the stop of an initial and a space, stands between a word and the one before."""
    between = line.stops[word - 1]
    gap = line.firsts[word] - between
    if line.groups[word] != LATIN or line.codes[between + gap - 1] != _SPACE:
        return False
    initial = gap == 2 and line.codes[between] == _STOP and _has_capital(line, word - 1)
    return gap == 1 or (initial and _has_shape(about, word - 1, _INITIAL))


@inner_kernel
def _run_end(line: Line, words: Any, first: Any, lists: Any, about: Described) -> Any:
    """End of the run of words with a capital that begins with ``first``: side by side, particles among them, no title.

    Returns it with what any of them is listed as.
    """
    end = first
    listed: Any = np.int64(0)
    word = first
    while word < words and (word == first or _beside(line, word, about)):
        _describe_words(line, word, word + 1, words, lists, about)
        known = _listed(about, word)
        if not _has_shape(about, word, _SMALL):
            end = word + 1
            listed |= known
            if known & ENGLISH_TITLE:
                break
        elif not known & NAME_PARTICLE:
            break
        word += 1
    return end, listed


@inner_kernel
def _describe_letters(line: Line, word: Any, known: Any, taken: Any, out: Any) -> None:
    """Write what is hashed to the first ``OF_LETTERS`` features of a word (uint64): what it and the gap before it tell.

    ``taken``: the word before is one of a name.
    """
    first, stop = line.firsts[word], line.stops[word]
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
    out[9] = _gap(line, first, stop)
    out[10] = mix(out[4]) ^ np.uint64(line.codes[stop - 4]) if stop - first > 3 else out[4]


@inner_kernel
def _weigh_letters(values: Any, judge: Judge, scores: Remembered) -> Any:
    """Score of what `_describe_letters` wrote, which is the same for most places of a word."""
    # All else that was written follows from these.
    key = values[0] + values[10] * _APART[0] + (values[6] << np.uint64(1) | values[7] & np.uint64(1)) * _APART[1]
    key = mix(key + mix(values[9]) + values[8] * _APART[2])
    slot = key & np.uint64(len(scores.hashes) - 1)
    if scores.hashes[slot] != key:
        scores.hashes[slot] = key
        scores.scores[slot] = weighed(values, 0, OF_LETTERS, judge)
    return scores.scores[slot]


@inner_kernel
def _describe_context(
    line: Line, characters: Any, words: Any, word: Any, run: Any, taken: Any, about: Described, out: Any
) -> None:
    """Write what is hashed to the other features of a word (uint64), behind what `_describe_letters` wrote.

    ``run``: first word and end of the run it stands in, and what that is listed as.
    """
    run_first, run_end, run_listed = run
    place = word + _EDGE
    known, before_known, behind_known = about.known[place], about.known[place - 1], about.known[place + 1]
    before_told, behind_told = about.told[place - 1], about.told[place + 1]
    opening, closing = about.told[run_first + _EDGE - 1], about.told[run_end + _EDGE]
    length = np.uint64(min(run_end - run_first, 5))
    within = np.uint64((word > run_first) + 2 * (word < run_end - 1))
    before_gap = out[2]
    behind_gap = _gap(line, line.stops[word], line.firsts[word + 1] if word + 1 < words else characters)
    follows = np.uint64(taken)
    with_behind = mix(known ^ behind_known << np.uint64(20))
    out[11] = mix(known ^ before_known << np.uint64(20)) ^ before_gap
    out[12] = with_behind ^ behind_gap
    out[13] = before_told
    out[14] = behind_told
    out[15] = behind_gap
    out[16] = opening ^ within
    out[17] = closing ^ within << np.uint64(2)
    out[18] = mix(before_told ^ behind_told * np.uint64(3))
    out[19] = with_behind ^ follows
    out[20] = mix(behind_known ^ about.known[place + 2] << np.uint64(20)) ^ known << np.uint64(1) ^ follows
    out[21] = mix(before_told ^ known)
    out[22] = (np.uint64(run_listed) << np.uint64(6)) ^ length << np.uint64(2) ^ within
    out[23] = mix(about.told[run_end + _EDGE - 1] ^ within) ^ known
    out[24] = mix(opening ^ closing * np.uint64(3)) ^ length
    out[25] = mix(opening ^ about.told[run_first + _EDGE - 2] * np.uint64(3)) ^ within
    out[26] = mix(about.known[run_first + _EDGE] ^ about.known[run_end + _EDGE - 1] << np.uint64(20)) ^ length ^ within


@inner_kernel
def _joins(line: Line, last: Any, word: Any, about: Described) -> Any:
    """Whether the word belongs to the name that ends with word ``last``: beside it, or behind initials, van, de and the
    like."""
    if word - last > _MOST_PARTICLES + 1:
        return False
    for place in range(last + 1, word + 1):
        if not _beside(line, place, about):
            return False
        among = _listed(about, place) & NAME_PARTICLE or _has_shape(about, place, _INITIAL)
        if place < word and not among:
            return False
    return True


@inner_kernel
def _first_initial(line: Line, last: Any, word: Any, about: Described) -> Any:
    """First of the initials with a stop that stand right before ``word``, behind the name that ends with word ``last``;
    ``word`` itself if there are none, or if it is no more than an initial."""
    first = word
    if _has_shape(about, word, _INITIAL):
        return first
    while first - 1 > max(last, -1) and line.firsts[first] - line.stops[first - 1] == 2 and _beside(line, first, about):
        first -= 1
    # The last letter of an abbreviation, such as U.S., that ends the sentence before.
    return word if line.firsts[first] > 0 and line.codes[line.firsts[first] - 1] == _STOP else first


@inner_kernel
def _is_cued(line: Line, first: Any, keys: Any, flags: Any) -> Any:
    """Whether a word that says that a person follows stands right before the run that begins with word ``first``."""
    if first == 0 or line.firsts[first] - line.stops[first - 1] > _LONGEST_CUE_GAP:
        return False
    cue = look_up(line.hashes[first - 1], keys, flags)
    introduced = first > 1 and cue & CUE_VERB and look_up(line.hashes[first - 2], keys, flags) & CUE_SUBJECT
    return cue & ENGLISH_CUE or introduced


@inner_kernel
def find_english(
    line: Line, characters: Any, words: Any, listed: Any, thresholds: Any, judge: Judge, room: Any, found: Any
) -> Any:
    """Write first character and end of the names of a line to ``found`` (int64, rows of two); returns how many.

    ``thresholds``: the score from which a word belongs to a name, and that where a cue stands before the name;
    ``room``: for what is hashed (uint64), for the words of the line and for the scores of words.
    """
    keys, flags, _ = listed
    threshold, behind_cue = thresholds
    values, about, scores = room
    first_word = 0
    while first_word < words and not _has_capital(line, first_word):
        first_word += 1
    if first_word == words:
        return 0
    _describe_none(words, about)
    count = 0
    last = -2
    run_end = 0
    run = np.int64(0), np.int64(0), np.int64(0)
    for word in range(first_word, words):
        if not _has_capital(line, word):
            continue
        if word >= run_end:
            run_end, run_listed = _run_end(line, words, word, listed, about)
            run = np.int64(word), np.int64(run_end), np.int64(run_listed)
        taken = last == word - 1
        # A run that now ends at a placeholder, or begins behind one, is judged otherwise in all of its words.
        changed = line.looked_at[word] or line.looked_at[run[0]] or line.looked_at[run_end - 1]
        if not taken and not changed:
            continue
        _describe_words(line, word, word + 1, words, listed, about)
        _describe_letters(line, word, about.known[word + _EDGE], taken, values)
        score = _weigh_letters(values, judge, scores)
        if score < HOPELESS:
            continue
        _describe_words(line, run[0] - _EDGE, run_end + _EDGE, words, listed, about)
        _describe_context(line, characters, words, word, run, taken, about, values)
        score += weighed(values, OF_LETTERS, ENGLISH_FEATURES, judge)
        first, stop = line.firsts[word], line.stops[word]
        start = line.starts[first]
        score = judged(start, line.ends[stop - 1], score, values, ENGLISH_FEATURES, judge)
        if len(judge.labels) and judge.labels[start]:
            last = word
            continue
        cued = behind_cue <= score < threshold and (taken or word == run[0]) and _is_cued(line, run[0], keys, flags)
        if score >= threshold or cued:
            if count and last >= 0 and _joins(line, last, word, about):
                found[count - 1, 1] = stop
            else:
                found[count, 0], found[count, 1] = line.firsts[_first_initial(line, last, word, about)], stop
                count += 1
            last = word
    return count
