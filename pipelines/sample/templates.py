"""Sentence patterns of the sample.

``[this|that]`` is a choice, ``{slot}`` a fact, ``{slot:은}`` a fact with its particle, ``{slot:~은}`` the particle
alone (after a closing bracket), ``{slot:a}`` a fact after ``a`` or ``an``, ``{#2-9}`` a number from 2 to 9.
"""

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pipelines.sample.draw import Draw
from pipelines.sample.particles import inflected, with_article

Facts = Mapping[str, str]

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{([^{}:]+)(?::([^{}]+))?\}")


@cache
def patterns(name: str) -> Any:
    """Content of the pattern file of that name beside this module."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))


def render(pattern: str, facts: Facts, language: str, draw: Draw) -> str:
    """One sentence from a pattern; a slot that is no fact is drawn from the word lists of the language."""
    while "[" in pattern:
        pattern = "".join(part if isinstance(part, str) else draw.pick(part) for part in _choices(pattern))
    words = patterns("words")[language]
    filled = []
    for text, slot, form in _slots(pattern):
        filled.append(text)
        if slot is None:
            continue
        if slot in facts:
            word = facts[slot]
        elif slot[0] == "#":
            low, high = slot[1:].split("-")
            word = str(draw.between(int(low), int(high)))
        else:
            word = draw.pick(words[slot])
        if form is None:
            filled.append(word)
        elif language == "en":
            filled.append(with_article(word))
        else:
            filled.append(inflected(word, form[1:])[len(word) :] if form[0] == "~" else inflected(word, form))
    sentence = " ".join("".join(filled).split())
    start = 1 if sentence.startswith("“") else 0
    return sentence[:start] + sentence[start : start + 1].upper() + sentence[start + 1 :]


@lru_cache(maxsize=1 << 14)
def _choices(pattern: str) -> tuple[str | list[str], ...]:
    """Text and choices, by turns, of the innermost brackets of a pattern."""
    return tuple(part.split("|") if index % 2 else part for index, part in enumerate(_CHOICE.split(pattern)))


@lru_cache(maxsize=1 << 14)
def _slots(pattern: str) -> tuple[tuple[str, str | None, str | None], ...]:
    """Each slot of a pattern, with the text before it and its form; the text behind the last one has none."""
    parts = _SLOT.split(pattern)
    return tuple(zip(parts[::3], [*parts[1::3], None], [*parts[2::3], None], strict=True))
