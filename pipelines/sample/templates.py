"""Sentence patterns of the sample.

``[this|that]`` is a choice, ``{slot}`` a fact, ``{slot:은}`` a fact with its particle, ``{slot:~은}`` the particle
alone (after a closing bracket), ``{slot:a}`` a fact after ``a`` or ``an``, ``{#2-9}`` a number from 2 to 9.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
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
        pattern = _CHOICE.sub(lambda match: draw.pick(match[1].split("|")), pattern)

    def fill(match: re.Match[str]) -> str:
        slot, form = match[1], match[2]
        if slot.startswith("#"):
            low, high = slot[1:].split("-")
            word = str(draw.between(int(low), int(high)))
        else:
            word = facts[slot] if slot in facts else draw.pick(patterns("words")[language][slot])
        if form is None:
            return word
        if language == "en":
            return with_article(word)
        return inflected(word, form[1:])[len(word) :] if form[0] == "~" else inflected(word, form)

    sentence = " ".join(_SLOT.sub(fill, pattern).split())
    start = 1 if sentence.startswith("“") else 0
    return sentence[:start] + sentence[start : start + 1].upper() + sentence[start + 1 :]
