"""Hangul syllables that byte-pair encoding makes one token before anything around them can interfere.

Merging then may begin with them, not with their three bytes. A merge across the border of a syllable comes later than
all merges within it when its rank is higher than theirs: so where every pair is, of which one side is a part of the
syllable and the other side can stand beside it.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FIRST, LAST = 0xAC00, 0xD7A3
_NEVER = 1 << 62


def whole_syllables(
    merges: Sequence[tuple[str, str]], vocabulary: Mapping[str, int], characters: Sequence[str]
) -> NDArray[np.int32]:
    """Token (-1: none) of each syllable within a word, and with a space before it: shape (2, syllables).

    ``characters`` are those that stand for the bytes. Only for pieces of letters, with or without one space in front.
    """
    tokens = np.full((2, LAST - FIRST + 1), -1, np.int32)
    if not _in_order(merges, characters):
        return tokens
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    values = {character: byte for byte, character in enumerate(characters)}
    behind: dict[str, int] = {}  # least rank of a merge with something before, by what stands behind
    ahead: dict[str, int] = {}
    for rank, (left, right) in enumerate(merges):
        if values[right[0]] & 0xC0 != 0x80 and _ends_whole(bytes(values[character] for character in left)):
            ahead.setdefault(left, rank)
            if left[-1] != characters[0x20]:
                behind.setdefault(right, rank)
    for code in range(FIRST, LAST + 1):
        for spaced, text in enumerate((chr(code), f" {chr(code)}")):
            parts = [characters[byte] for byte in text.encode()]
            highest, border = -1, _NEVER
            while len(parts) > 1 and highest < border:
                border = min(border, ahead.get(parts[-1], _NEVER), _NEVER if spaced else behind.get(parts[0], _NEVER))
                found = [(ranks.get(pair, _NEVER), place) for place, pair in enumerate(pairwise(parts))]
                rank, place = min(found)
                highest = max(highest, rank)
                parts[place : place + 2] = [parts[place] + parts[place + 1]]
            if highest < border and highest != _NEVER:
                tokens[spaced, code - FIRST] = vocabulary[parts[0]]
    return tokens


def _in_order(merges: Sequence[tuple[str, str]], characters: Sequence[str]) -> bool:
    """Whether both sides of every merge are made before it, as in all that was trained; else ranks tell nothing."""
    made = set(characters)
    for left, right in merges:
        if left not in made or right not in made:
            return False
        made.add(left + right)
    return True


def _ends_whole(text: bytes) -> bool:
    """Whether another character can follow: the end of one, perhaps, and then whole ones."""
    start = 0
    while start < len(text) and text[start] & 0xC0 == 0x80:
        start += 1
    try:
        text[start:].decode()
    except UnicodeDecodeError:
        return False
    return True
