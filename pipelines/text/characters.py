"""What the normalisers and pre-tokenisers of `tokenizers` do to each code point, as lookup tables.

The data file was made by asking `tokenizers` for every code point, and a test asks again: its idea of punctuation and
of control characters is an old Unicode version's, its lower case is a newer one's, and neither is that of the Python at
hand.
`python -m pipelines.text.characters` makes the file anew.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import normalizers, pre_tokenizers

CODE_POINTS = 0x110000
WORD = 0
SPACE = 1
DROPPED = 2
SINGLE = 3
DOTTED_I = 4
"""The one code point whose lower case is two: U+0130 becomes "i" and U+0307."""
CLASS_BITS = 3
DOTTED_I_LOWER = (0x69, 0x307)

OTHER, LETTER, NUMBER, WHITE = range(4)
"""Kinds of code point in GPT-2's pre-tokenisation pattern: the categories P, S, M and C; L; N; white space."""
KIND = 3
NUMERIC = 4
"""Flag beside the kind: the pre-tokeniser ``Digits`` sets the code point apart."""

_FILE = Path(__file__).with_name("characters.json")


@cache
def character_table(lowercase: bool, split_digits: bool) -> NDArray[np.uint32]:
    """For every code point its lower-cased code point times 8 plus its class; read-only.

    Classes: ``WORD`` is part of a word, ``SPACE`` separates words, ``DROPPED`` vanishes without separating, ``SINGLE``
    is a word of its own (punctuation, Chinese characters; numerals with ``split_digits``).
    """
    data = json.loads(_FILE.read_text(encoding="utf-8"))
    classes = np.full(CODE_POINTS, WORD, np.uint32)
    named = {"space": SPACE, "dropped": DROPPED, "punctuation": SINGLE, "chinese": SINGLE}
    named |= {"numeric": SINGLE} if split_digits else {}
    for name, value in named.items():
        for start, stop in data[name]:
            classes[start:stop] = value
    codes = np.arange(CODE_POINTS, dtype=np.uint32)
    if lowercase:
        for start, stop, step, distance in data["lowercase"]:
            codes[start:stop:step] += np.uint32(distance % 2**32)
        classes[0x130] = DOTTED_I
    table = codes << np.uint32(CLASS_BITS) | classes
    table.flags.writeable = False
    return table


@cache
def kind_table() -> NDArray[np.uint8]:
    """For every code point its kind (``OTHER``, ``LETTER``, ``NUMBER``, ``WHITE``) and flag ``NUMERIC``; read-only."""
    data = json.loads(_FILE.read_text(encoding="utf-8"))
    table = np.zeros(CODE_POINTS, np.uint8)
    for name, kind in {"letter": LETTER, "number": NUMBER, "white": WHITE, "numeric": NUMERIC}.items():
        for start, stop in data[name]:
            table[start:stop] |= np.uint8(kind)
    table.flags.writeable = False
    return table


def measure() -> dict[str, list[list[int]]]:
    """The content of the data file, from `tokenizers` itself.

    For each class a list of [start, stop); for lower case [start, stop, step, distance to the lower-case code point].
    """
    keep = normalizers.BertNormalizer(strip_accents=False, lowercase=False)
    lower = normalizers.BertNormalizer(strip_accents=False, lowercase=True)
    bert = pre_tokenizers.BertPreTokenizer()
    digits = pre_tokenizers.Digits(individual_digits=True)
    pattern = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    names = ("space", "dropped", "punctuation", "chinese", "numeric", "letter", "number", "white")
    members: dict[str, list[int]] = {name: [] for name in names}
    lowered: dict[int, int] = {}
    for code in range(CODE_POINTS):
        if 0xD800 <= code < 0xE000:
            continue
        between = f"a{chr(code)}b"
        normal = keep.normalize_str(between)
        words = [word for word, _ in bert.pre_tokenize_str(normal)]
        if normal == "ab":
            members["dropped"].append(code)
        elif words == ["a", "b"]:
            members["space"].append(code)
        elif words == ["a", chr(code), "b"]:
            members["punctuation" if normal == between else "chinese"].append(code)
        elif len(digits.pre_tokenize_str(between)) > 1:
            members["numeric"].append(code)
        alike = [len(pattern.pre_tokenize_str(f"{side}{chr(code)}{side}")) == 1 for side in "a1!"]
        if alike[0]:
            members["letter"].append(code)
        elif alike[1]:
            members["number"].append(code)
        elif not alike[2]:
            members["white"].append(code)
        lower_case = lower.normalize_str(between)[1:-1]
        if len(lower_case) == 1 and lower_case != normal[1:-1]:
            lowered[code] = ord(lower_case)
    ranges = {name: _ranges(codes) for name, codes in members.items()}
    return ranges | {"lowercase": _distances(lowered)}


def _ranges(codes: list[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for code in codes:
        if found and found[-1][1] == code:
            found[-1][1] = code + 1
        else:
            found.append([code, code + 1])
    return found


def _distances(lowered: dict[int, int]) -> list[list[int]]:
    found: list[list[int]] = []
    for code, lower in sorted(lowered.items()):
        distance = lower - code
        if found and found[-1][3] == distance:
            start, stop, step, _ = found[-1]
            last = start if step == 0 else stop - 1
            if step in (0, code - last) and code - last <= 2:
                found[-1][1:3] = [code + 1, code - last]
                continue
        found.append([code, code + 1, 0, distance])
    return [[start, stop, step or 1, distance] for start, stop, step, distance in found]


if __name__ == "__main__":
    lines = [f" {json.dumps(name)}: {json.dumps(ranges)}" for name, ranges in measure().items()]
    _FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
