"""Whether a Korean sentence ends at a space: a linear classifier over hashed features, in integers.

Where no mark says so, it is the last syllables of an eojeol, the eojeols around it and the marks behind it that tell.
Each feature is hashed to a place in one table of weights; their sum is the score, and a sentence ends from
``THRESHOLD`` on. Weights are integers, so that boundaries do not depend on the processor.
`sentence_model/` holds the weights and what made them.
"""

from typing import Any, NamedTuple

import numpy as np

from pipelines.core.hashed_weights import score
from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import decode_utf8

ENDING = 10
FEATURES = 22
"""Number of features of a space; the first ``ENDING`` are of what stands before it."""
THRESHOLD = -8
"""Score from which a sentence ends, in units of a weight."""
HOPELESS = -60
"""Score of what stands before a space below which what follows is not looked at."""
SCALE = 24
"""Units to one natural logarithm of the odds."""
SYLLABLES = 0xD7A4 - 0xAC00
PUNCTUATION, SPACE, STOP, STRONG = 5, 7, 9, 10
"""Classes of characters that are looked for here, as `boundaries` numbers them."""
_APART = np.uint64(0xD6E8FEB86659FD93)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_LENGTHS = np.array([0, 1, 2, 3, 4, 5, 5, 6, 6, 6, 7, 7, 7, 7, 7, 8], np.int64)
"""Bucket of a number of eojeols: exact to five, then coarser."""


class Lesson(NamedTuple):
    """What the classifier is trained with; ``labels`` is empty where it is at work.

    ``labels`` has for each byte 1 where a sentence ends before it, else 0. Filled in are the features of each space
    that is the classifier's to decide, the label and the place of it; ``used`` (one number) counts them.
    """

    labels: Any
    features: Any
    answers: Any
    places: Any
    used: Any


@inner_kernel
def _symbol(data: Any, position: Any, classes: Any) -> Any:
    """A syllable of Hangul as its code point, any other character as one more than its class; and the next position."""
    code, after = decode_utf8(data, position)
    if 0xAC00 <= code < 0xD7A4:
        return np.int64(code), after
    return np.int64(classes[code]) + 1, after


@inner_kernel
def before(data: Any, position: Any) -> Any:
    """Start of the character that ends at ``position``."""
    position -= 1
    while data[position] & 0xC0 == 0x80:
        position -= 1
    return position


@inner_kernel
def _hash(out: Any, start: Any, stop: Any) -> None:
    for template in range(start, stop):
        mixed = (np.uint64(out[template]) + np.uint64(template + 1) * _APART) * _SPREAD
        out[template] = np.int64(mixed ^ (mixed >> np.uint64(32)))


@inner_kernel
def describe_ending(
    data: Any, start: Any, core: Any, words: Any, tail: Any, mark: Any, density: Any, classes: Any, out: Any
) -> Any:
    """Write the hashes of the first ``ENDING`` features of a space to ``out`` (int64): what stands before it.

    The sentence has ``words`` eojeols, the last of which is ``data[start:core]`` without the marks behind it. ``tail``
    says which kinds of marks those are, ``mark`` is the first of them, ``density`` how close end marks stand in the
    line. Returns the last three symbols, 16 bits each.
    """
    last = second = third = fourth = np.int64(0)
    position = core
    if position > start:
        position = before(data, position)
        last, _ = _symbol(data, position, classes)
    if position > start:
        position = before(data, position)
        second, _ = _symbol(data, position, classes)
    if position > start:
        position = before(data, position)
        third, _ = _symbol(data, position, classes)
    if position > start:
        position = before(data, position)
        fourth, _ = _symbol(data, position, classes)
    pair = second << 16 | last
    triple = third << 32 | pair
    consonant = np.int64(0)
    if second >= 0xAC00:
        consonant = (second - 0xAC00) % 28 + 1
    amount = _LENGTHS[min(words, 15)]
    out[0] = last << 8 | tail
    out[1] = pair << 8 | tail
    out[2] = triple << 8 | tail
    out[3] = triple ^ (fourth * 0x9E3779B1 << 16)
    out[4] = consonant << 32 | last << 8 | tail
    out[5] = amount << 8 | tail
    out[6] = amount << 32 | last
    out[7] = density << 8 | tail
    out[8] = density << 40 | pair
    out[9] = mark << 32 | last
    _hash(out, 0, ENDING)
    return triple


@inner_kernel
def describe_context(
    data: Any,
    sentence: Any,
    start: Any,
    following: Any,
    line_end: Any,
    triple: Any,
    tail: Any,
    classes: Any,
    out: Any,
) -> None:
    """Write the hashes of the other features to ``out`` (int64): the eojeols around the space before ``following``.

    The sentence began at ``sentence``, its last eojeol at ``start`` and ends in the symbols ``triple``.
    """
    previous = np.int64(0)
    position = start
    while position > sentence and previous == 0:
        position = before(data, position)
        symbol, _ = _symbol(data, position, classes)
        if symbol >= 0xAC00 or symbol <= PUNCTUATION:
            previous = symbol
    first = next_second = next_third = end = end_second = word = np.int64(0)
    length = 0
    position = following
    closing = np.int64(0)
    while position < line_end:
        symbol, after = _symbol(data, position, classes)
        if symbol == SPACE + 1:
            break
        if symbol >= 0xAC00 or symbol <= PUNCTUATION:
            length += 1
            if length == 1:
                first = symbol
            elif length == 2:
                next_second = symbol
            elif length == 3:
                next_third = symbol
            end_second = end
            end = symbol
            word = (word << 9) ^ (word >> 31) ^ symbol
            closing = np.int64(0)
        elif symbol == STOP + 1 or symbol == STRONG + 1:
            closing = np.int64(1)
        position = after
        if length == 12:
            break
    while position < line_end:
        symbol, after = _symbol(data, position, classes)
        if symbol != SPACE + 1:
            break
        position = after
    later = np.int64(0)
    if position < line_end:
        later, after = _symbol(data, position, classes)
        if after < line_end:
            symbol, _ = _symbol(data, after, classes)
            later = later << 16 | symbol
    last = triple & 0xFFFF
    pair = triple & 0xFFFFFFFF
    opening = first << 16 | next_second
    spread = pair * 0x9E3779B1
    out[10] = opening << 8 | tail
    out[11] = first << 8 | tail
    out[12] = word << 4 ^ tail
    out[13] = end << 16 | closing << 8 | tail
    out[14] = end_second << 32 | end << 16 | tail
    out[15] = word * 0x9E3779B1 ^ later
    out[16] = last << 32 | first << 8 | tail
    out[17] = spread ^ opening
    out[18] = triple * 0x9E3779B1 ^ word
    out[19] = spread ^ (end << 1 | closing)
    out[20] = previous << 40 | pair
    out[21] = opening << 16 | next_third
    _hash(out, ENDING, FEATURES)


@inner_kernel
def _learn(lesson: Any, features: Any, start: Any, stop: Any) -> Any:
    """Whether a sentence ends in ``[start, stop]`` according to the labels, which is noted."""
    answer = np.uint8(0)
    for position in range(start, stop + 1):
        answer = max(answer, lesson.labels[position])
    for template in range(FEATURES):
        lesson.features[lesson.used[0], template] = features[template]
    lesson.answers[lesson.used[0]] = answer
    lesson.places[lesson.used[0]] = stop
    lesson.used[0] += 1
    return answer == 1


@inner_kernel
def is_likely_end(
    data: Any,
    sentence: Any,
    start: Any,
    core: Any,
    following: Any,
    line_end: Any,
    words: Any,
    tail: Any,
    mark: Any,
    density: Any,
    classes: Any,
    weights: Any,
    features: Any,
    lesson: Any,
) -> Any:
    """Whether the classifier, or the labels of ``lesson``, have a sentence end before ``following``.

    Parameters are those of `describe_ending` and `describe_context`.
    """
    triple = describe_ending(data, start, core, words, tail, mark, density, classes, features)
    total = score(features, 0, ENDING, weights)
    learning = len(lesson.labels) > 0
    if total < HOPELESS and not learning:
        return False
    describe_context(data, sentence, start, following, line_end, triple, tail, classes, features)
    if learning:
        return _learn(lesson, features, core, following)
    return total + score(features, ENDING, FEATURES, weights) >= THRESHOLD
