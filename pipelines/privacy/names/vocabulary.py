"""The words that the finder of names knows: surnames, titles, particles and ordinary words, in one hash set."""

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.kernel import inner_kernel, kernel
from pipelines.core.kernels import decode_utf8, mix
from pipelines.privacy.names.lines import FIRST_SYLLABLE, SYLLABLES, extend, plain_letters

DOUBLE_SURNAME, TITLE, LABEL, AFTER_CONSONANT, AFTER_VOWEL, ORDINARY = (1 << bit for bit in range(6))
GIVEN, FAMILY, ENGLISH_TITLE, NAME_PARTICLE = (1 << bit for bit in range(6, 10))
ENGLISH_CUE, CUE_VERB, CUE_SUBJECT = (1 << bit for bit in range(10, 13))
"""What a word is listed as. A particle may stand after a consonant, after a vowel, or after both."""
_LISTS: Mapping[str, int] = {
    "korean_double_surnames": DOUBLE_SURNAME,
    "korean_titles": TITLE,
    "korean_labels": LABEL,
    "particles_after_consonant": AFTER_CONSONANT,
    "particles_after_vowel": AFTER_VOWEL,
    "particles": AFTER_CONSONANT | AFTER_VOWEL,
    "english_proper_words": ORDINARY,
    "english_family_names": FAMILY,
    "english_titles": ENGLISH_TITLE,
    "english_name_particles": NAME_PARTICLE,
    "english_cues": ENGLISH_CUE,
    "english_cue_verbs": CUE_VERB,
    "english_cue_subjects": CUE_SUBJECT,
}
_WORDS: Mapping[str, int] = {
    "korean_words": ORDINARY,
    "english_words": ORDINARY,
    "english_places": ORDINARY,
    "english_given_names": GIVEN,
    "english_surnames": FAMILY,
}

WORDS = Path(__file__).with_name("name_words.json")

OPENS_SURNAME, OPENS_DOUBLE_SURNAME, OPENS_TITLE, OPENS_PARTICLE = (1 << bit for bit in range(4))
"""What a syllable is, or begins: most begin nothing, which is cheaper to see than that no word is listed."""

Vocabulary = tuple[NDArray[np.uint64], NDArray[np.int16], NDArray[np.uint8]]
"""Keys (0 where nothing stands) and, at the same places, what each word is listed as, open addressing; and for each
syllable what it opens."""

_OPENINGS: Mapping[str, int] = {
    "korean_surnames": OPENS_SURNAME,
    "korean_double_surnames": OPENS_DOUBLE_SURNAME,
    "korean_titles": OPENS_TITLE,
    "particles_after_consonant": OPENS_PARTICLE,
    "particles_after_vowel": OPENS_PARTICLE,
    "particles": OPENS_PARTICLE,
}


@cache
def vocabulary() -> Vocabulary:
    """All listed words; read-only."""
    lists = name_lists()
    packed = json.loads(WORDS.read_text(encoding="utf-8"))
    entries = [(lists[name], flag) for name, flag in _LISTS.items()]
    entries += [(unpack(packed[name]), flag) for name, flag in _WORDS.items()]
    slots = 1 << (2 * sum(len(words) for words, _ in entries)).bit_length()
    keys, flags = np.zeros(slots, np.uint64), np.zeros(slots, np.int16)
    for words, flag in entries:
        _add(*string_buffers(pa.array(list(words), pa.string())), flag, plain_letters(), keys, flags)
    openings = np.zeros(SYLLABLES, np.uint8)
    for name, opened in _OPENINGS.items():
        for word in lists[name]:
            if 0 <= ord(word[0]) - FIRST_SYLLABLE < SYLLABLES:
                openings[ord(word[0]) - FIRST_SYLLABLE] |= opened
    return keys, flags, openings


def name_lists() -> dict[str, Any]:
    """Lists of `name_lists.json`; surnames with how many of 10,000 people have them."""
    lists: dict[str, Any] = json.loads(Path(__file__).with_name("name_lists.json").read_text(encoding="utf-8"))
    return lists


def pack(words: Iterable[str]) -> str:
    """Words as a text for a JSON file."""
    return base64.b64encode(zlib.compress("\n".join(sorted(set(words))).encode(), 9)).decode()


def unpack(packed: str) -> list[str]:
    """What ``pack`` was given, sorted."""
    return zlib.decompress(base64.b64decode(packed)).decode().split("\n")


@inner_kernel
def look_up(key: Any, keys: Any, flags: Any) -> Any:
    """What the word with hash ``key`` is listed as, 0 for nothing."""
    mask = np.int64(len(keys) - 1)
    slot = np.int64(key) & mask
    while keys[slot] != key:
        if keys[slot] == 0:
            return np.int64(0)
        slot = (slot + 1) & mask
    return np.int64(flags[slot])


@kernel
def _add(offsets: Any, data: Any, flag: Any, plain: Any, keys: Any, flags: Any) -> None:
    mask = np.int64(len(keys) - 1)
    for row in range(len(offsets) - 1):
        state = np.uint64(0)
        position = offsets[row]
        while position < offsets[row + 1]:
            code, position = decode_utf8(data, position)
            state = extend(state, plain[code] if code < len(plain) else code)
        key = mix(state)
        slot = np.int64(key) & mask
        while keys[slot] and keys[slot] != key:
            slot = (slot + 1) & mask
        keys[slot] = key
        flags[slot] |= flag
