"""Sentences of Korean and English text, by rules that are data and, where they are silent, weights that are data.

A newline always ends a sentence. Elsewhere a sentence ends behind an end mark, but not within quotation marks or
brackets, behind an abbreviation or before a quotative; `sentence_rules.json` lists the words for that. In Korean,
where an ending, an emoticon or dots may end a sentence as well, a classifier decides (`endings`), whose weights are in
`sentence_weights.json`.
"""

import base64
import json
import sys
import unicodedata
import zlib
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.arrow import list_array, string_array, string_buffers
from pipelines.core.errors import MalmoiError
from pipelines.core.kernels import mix
from pipelines.core.tables import kept_table
from pipelines.text import boundaries, endings
from pipelines.text.boundaries import AUTO, ENGLISH, KOREAN, QUOTATIONS, Tables
from pipelines.text.endings import Lesson
from pipelines.text.listed_words import FLAGS

_NEWLINES = "\n\r\v\f\x85\u2028\u2029"
_QUOTATION_MARKS = "\"\"''“”‘’「」『』《》〈〉<>"
_BRACKETS = "()[]{}【】（）［］〔〕"
_WEIGHTS = Path(__file__).with_name("sentence_weights.json")
_NO_LESSON = Lesson(
    np.zeros(0, np.uint8),
    np.zeros((0, endings.FEATURES), np.int64),
    np.zeros(0, np.uint8),
    np.zeros(0, np.int64),
    np.zeros(1, np.int64),
)


def split_sentences(
    texts: pa.Array | pa.ChunkedArray, language: str | pa.Array | pa.ChunkedArray = "auto", *, backend: str = "rules"
) -> pa.ListArray:
    """Sentences of each text as list<string>; joined they are the text, white space stays behind the sentence.

    ``language`` is "ko", "en" or anything else, which leaves it to the share of Hangul in each line; one for all texts
    or an array with one for each. An empty text has no sentence. Raises MalmoiError where ``backend`` is not there.
    """
    offsets, data = string_buffers(texts)
    languages = _language_codes(language, len(offsets) - 1)
    if backend not in ("rules", "kiwi"):
        raise MalmoiError(f"split.backend is {backend!r}; allowed: rules, kiwi")
    ends = np.empty(len(data) // 2 + len(offsets), np.int64)
    stops = np.zeros(len(offsets), np.int64)
    used = boundaries.find_ends(data, offsets, languages, tables(), ends, stops, _NO_LESSON)
    sentences = list_array(stops, string_array(np.append(np.int64(0), ends[:used]), data))
    return _split_by_kiwi(sentences, languages) if backend == "kiwi" else sentences


def _language_codes(language: str | pa.Array | pa.ChunkedArray, rows: int) -> NDArray[np.uint8]:
    codes = {"ko": KOREAN, "en": ENGLISH}
    if isinstance(language, str):
        return np.full(rows, codes.get(language, AUTO), np.uint8)
    return np.array([codes.get(name, AUTO) for name in language.to_pylist()], np.uint8)


def _split_by_kiwi(sentences: pa.ListArray, languages: NDArray[np.uint8]) -> pa.ListArray:
    """The boundaries of Kiwi within Korean lines, of the rules elsewhere: Kiwi hardly finds a boundary in English."""
    kiwi = _kiwi()
    rows: list[list[str]] = []
    for row, language in zip(sentences, languages, strict=True):
        found: list[str] = []
        line: list[str] = []
        by_rules = row.as_py()
        for index, sentence in enumerate(by_rules):
            line.append(sentence)
            if index + 1 < len(by_rules) and not any(character in _NEWLINES for character in sentence):
                continue
            text = "".join(line)
            if language == KOREAN or (language == AUTO and _is_korean(text)):
                starts = [sentence.start for sentence in kiwi.split_into_sents(text)][1:]
                line = [text[start:stop] for start, stop in pairwise([0, *starts, len(text)])]
            found += line
            line = []
        rows.append(found)
    return pa.array(rows, pa.list_(pa.string()))


def _is_korean(line: str) -> bool:
    syllables = sum("가" <= character <= "힣" for character in line)
    return syllables > 0 and 4 * syllables >= sum(character.isascii() and character.isalpha() for character in line)


@cache
def _kiwi() -> Any:
    try:
        from kiwipiepy import Kiwi  # noqa: PLC0415  (optional, and 145 MB to load)
    except ImportError as error:
        raise MalmoiError("split.backend kiwi needs kiwipiepy: pip install malmoi[kiwi], or set it to rules") from error
    return Kiwi(num_workers=1)


@cache
def tables() -> Tables:
    """What the loop looks up; read-only."""
    keys, flags = _rules()
    stored = json.loads(_WEIGHTS.read_text(encoding="utf-8"))
    candidates = np.zeros(endings.SYLLABLES, np.bool_)
    candidates[[ord(syllable) - 0xAC00 for syllable in stored["candidates"]]] = True
    weights = np.frombuffer(zlib.decompress(base64.b64decode(stored["weights"])), "<u2").reshape(-1, 2)
    return Tables(_classes(), _closers(), keys, flags, candidates, weights)


@kept_table
def _classes() -> NDArray[np.uint8]:
    """Class of every code point."""
    classes = np.full(sys.maxunicode + 1, boundaries.OTHER, np.uint8)
    for code in range(0x10000):
        character = chr(code)
        category = unicodedata.category(character)
        if category == "Lu":
            classes[code] = boundaries.UPPER
        elif category == "Ll":
            classes[code] = boundaries.LOWER
        elif category == "Nd":
            classes[code] = boundaries.DIGIT
        elif category in ("Zs", "Cc"):
            classes[code] = boundaries.SPACE
        elif category in ("Ps", "Pi"):
            classes[code] = boundaries.OPENER
        elif category in ("Pe", "Pf"):
            classes[code] = boundaries.CLOSER
        elif category == "Pd":
            classes[code] = boundaries.DASH
        elif category[0] in "PS":
            classes[code] = boundaries.PUNCTUATION
    classes[0xAC00:0xD7A4] = boundaries.HANGUL
    for characters, value in (
        (_NEWLINES, boundaries.NEWLINE),
        (".", boundaries.STOP),
        ("!?‼⁇⁈⁉", boundaries.STRONG),
        ("…⋯", boundaries.ELLIPSIS),
        ("。！？｡", boundaries.IDEOGRAPHIC),
        ("\"'", boundaries.QUOTE),
        ("*•·‣※▶▷■□○●◆◇◎", boundaries.DASH),
        ("~～^;♡♥★☆♪♬☺☹❤\u200d\ufe0f", boundaries.EMOTICON),
        ("<", boundaries.OPENER),
        (">", boundaries.CLOSER),
    ):
        for character in characters:
            classes[ord(character)] = value
    classes[0x3131:0x3164] = boundaries.EMOTICON
    classes[0x1F000:0x1FB00] = boundaries.EMOTICON
    return classes


@cache
def _closers() -> NDArray[np.int64]:
    """Rows of an opening character and what closes it: ``QUOTATIONS`` kinds of quotation marks, then brackets."""
    assert len(_QUOTATION_MARKS) == 2 * QUOTATIONS
    codes = [ord(character) for character in _QUOTATION_MARKS + _BRACKETS]
    return np.array(codes, np.int64).reshape(-1, 2)


@cache
def _rules() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hash set of the rules' words: keys, and flags at the same places (0 where nothing stands)."""
    listed = json.loads(Path(__file__).with_name("sentence_rules.json").read_text(encoding="utf-8"))
    combined: dict[int, int] = {}
    for name, words in listed.items():
        for word in words:
            key = 0
            for character in word:
                key = key << (8 if word.isascii() else 16) | ord(character)
            combined[key] = combined.get(key, 0) | FLAGS[name]
    slots = 1 << (4 * len(combined)).bit_length()
    keys, flags = np.zeros(slots, np.int64), np.zeros(slots, np.int64)
    for key, flag in combined.items():
        slot = int(mix(np.uint64(key))) % slots
        while flags[slot]:
            slot = (slot + 1) % slots
        keys[slot], flags[slot] = key, flag
    return keys, flags
