"""Candidates for Korean names: a surname and one or two syllables, and what of the word around them lets it be a name."""

from typing import Any

import numpy as np

from pipelines.core.kernel import kernel
from pipelines.core.kernels import mix
from pipelines.privacy.names.lines import HANGUL, Line, extend
from pipelines.privacy.names.vocabulary import (
    AFTER_CONSONANT,
    AFTER_VOWEL,
    DOUBLE_SURNAME,
    LABEL,
    SURNAME,
    TITLE,
    look_up,
)

_LONGEST_TITLE = 5
_LONGEST_PARTICLE = 4
_SPACE, _COLON = 0x20, 0x3A
_MASKED = 0xBAA8  # 모, as in 김모 씨: what is masked already
_RIEUL = 8


@kernel
def hash_run(codes: Any, start: Any, stop: Any) -> Any:
    """Hash of syllables, which have no small letters."""
    state = np.uint64(0)
    for index in range(start, stop):
        state = extend(state, codes[index])
    return mix(state)


@kernel
def title_end(codes: Any, start: Any, stop: Any, keys: Any, flags: Any) -> Any:
    """End of the longest title at ``start`` that ends the word or is followed by a particle, or ``start``."""
    for end in range(min(stop, start + _LONGEST_TITLE), start, -1):
        if look_up(hash_run(codes, start, end), keys, flags) & TITLE and particle_fits(codes, end, stop, keys, flags):
            return end
    return start


@kernel
def particle_fits(codes: Any, start: Any, stop: Any, keys: Any, flags: Any) -> Any:
    """Whether ``codes[start:stop]`` is nothing, or a particle that may follow the syllable before it."""
    if start == stop:
        return True
    if stop - start > _LONGEST_PARTICLE:
        return False
    listed = look_up(hash_run(codes, start, stop), keys, flags)
    final = (codes[start - 1] - 0xAC00) % 28
    if final == _RIEUL and codes[start] == 0xB85C:  # 로 after ㄹ
        return listed & AFTER_VOWEL != 0
    return listed & (AFTER_CONSONANT if final else AFTER_VOWEL) != 0


@kernel
def surname_length(codes: Any, start: Any, stop: Any, keys: Any, flags: Any) -> Any:
    """Syllables of the surname at ``start``: bit 1 for one, bit 2 for two, both, or none."""
    lengths = 0
    if look_up(hash_run(codes, start, start + 1), keys, flags) & SURNAME:
        lengths |= 1
    if stop - start >= 2 and look_up(hash_run(codes, start, start + 2), keys, flags) & DOUBLE_SURNAME:
        lengths |= 2
    return lengths


@kernel
def find_korean(line: Line, words: Any, keys: Any, flags: Any, found: Any) -> Any:
    """Write first character and end of the names of a line to ``found`` (int64, rows of two); returns how many."""
    codes = line.codes
    count = 0
    for word in range(words):
        if line.groups[word] != HANGUL:
            continue
        first, stop = line.firsts[word], line.stops[word]
        surnames = surname_length(codes, first, stop, keys, flags)
        if surnames == 0:
            continue
        labelled = word > 0 and look_up(line.hashes[word - 1], keys, flags) & LABEL
        for length in (3, 2, 4):
            end = first + length
            if end > stop or (length == 4 and not surnames & 2) or codes[first + 1] == _MASKED:
                continue
            title = title_end(codes, end, stop, keys, flags)
            if title == end:
                if not particle_fits(codes, end, stop, keys, flags):
                    continue
                if end == stop and word + 1 < words and line.groups[word + 1] == HANGUL:
                    following, last = line.firsts[word + 1], line.stops[word + 1]
                    if following == stop + 1 and codes[stop] == _SPACE:
                        title = title_end(codes, following, last, keys, flags)
                        title = end if title == following else title
            if title > end or labelled:
                found[count, 0], found[count, 1] = first, end
                count += 1
                break
    return count
