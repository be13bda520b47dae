"""Invented Korean names, and sentences that are made of them."""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random

from benchmarks.name_weights.korean_corpus import Labelled
from benchmarks.sentence_weights.corpus import draw
from pipelines.privacy.names.vocabulary import name_lists

_PARTICLES = re.compile(r"\{([^{}/]*)/([^{}]*)\}")
_RIEUL = 8
_APART_SHARE, _ONE_SYLLABLE_SHARE, _DOUBLE_SHARE, _COMPOSED_SHARE = 0.06, 0.05, 0.03, 0.45
_PLACE = "\ue100"


@cache
def _material() -> dict[str, list[str]]:
    listed: dict[str, list[str]] = json.loads(
        Path(__file__).with_name("korean_material.json").read_text(encoding="utf-8")
    )
    return listed


def places() -> list[str]:
    """Names of places that are not to be taken for names of people."""
    return _material()["places"]


def is_for_training(given_name: str) -> bool:
    """Whether a given name may be trained with; with the others is measured."""
    return draw("given name", given_name) < 0.6


def is_given_name(word: str) -> bool:
    """Whether two syllables are a given name: one that is listed, or two that names are composed of."""
    material = _material()
    return word in material["given"] or (word[0] in material["first"] and word[1:] in material["second"])


def korean_name(random: Random, training: bool) -> str:
    """A name as people have them; ``training`` tells the given names for training from those for measuring."""
    lists, material = name_lists(), _material()
    if random.random() < _DOUBLE_SHARE:
        surname: str = random.choice(sorted(lists["korean_double_surnames"]))
    else:
        shares = lists["korean_surnames"]
        surname = random.choices(sorted(shares), [shares[name] ** 0.6 for name in sorted(shares)])[0]
    while True:
        drawn = random.random()
        if drawn < _ONE_SYLLABLE_SHARE:
            given = random.choice(material["single"])
        elif drawn < _ONE_SYLLABLE_SHARE + _COMPOSED_SHARE:
            given = random.choice(material["first"]) + random.choice(material["second"])
        else:
            given = random.choice(material["given"])
        if is_for_training(given) == training:
            return surname + given


def agree(before: str, consonant: str, vowel: str) -> str:
    """The one of two forms of a particle that follows ``before``."""
    final = (ord(before[-1]) - 0xAC00) % 28 if "가" <= before[-1:] <= "힣" else 0
    if consonant.startswith("으로") and final == _RIEUL:
        return vowel
    return consonant if final else vowel


def filled(template: str, names: Sequence[str]) -> Labelled:
    """``template`` with a name for each {}, and particles {은/는} that agree with what stands before them."""
    text = template
    places = []
    for name in names:
        text = text.replace("{}", _PLACE + name + _PLACE, 1)
    while match := _PARTICLES.search(text):
        before = text[: match.start()].replace(_PLACE, "")
        text = text[: match.start()] + agree(before, match[1], match[2]) + text[match.end() :]
    plain = ""
    for index, part in enumerate(text.split(_PLACE)):
        if index % 2:
            places.append((len(plain), len(plain) + len(part)))
        plain += part
    return Labelled(plain, tuple(places))


def from_templates(count: int, seed: int) -> list[Labelled]:
    """Sentences for training."""
    random = Random(seed)
    found = []
    for _ in range(count):
        template = random.choice(_material()["templates"])
        names = [_written(korean_name(random, training=True), random) for _ in range(template.count("{}"))]
        found.append(filled(template, names))
    return found


def _written(name: str, random: Random) -> str:
    """A name of three syllables, sometimes with a space behind the surname."""
    return f"{name[0]} {name[1:]}" if len(name) == 3 and random.random() < _APART_SHARE else name


_FULL_NAME = re.compile("[가-힣]{3}")
_FOLLOWING = re.compile(r"(은|는|이|가|을|를|과|와)(?![가-힣])")
_PAIRS = {form: pair for pair in (("은", "는"), ("이", "가"), ("을", "를"), ("과", "와")) for form in pair}


def with_other_names(sentences: Sequence[Labelled], copies: int, seed: int) -> list[Labelled]:
    """``sentences`` with invented names in place of those of three syllables that begin with a surname."""
    random = Random(seed)
    surnames = name_lists()["korean_surnames"]
    found = []
    for sentence in sentences:
        places = [
            place
            for place in sentence.names
            if _FULL_NAME.fullmatch(sentence.text[slice(*place)]) and sentence.text[place[0]] in surnames
        ]
        for _ in range(copies if places else 0):
            found.append(_replaced(sentence, places, random))
    return found


def only_for_training(sentences: Sequence[Labelled]) -> list[Labelled]:
    """``sentences`` in which names with a given name for measuring are unknown."""
    found = []
    for each in sentences:
        kept = tuple(place for place in each.names if is_for_training(each.text[place[0] + 1 : place[1]]))
        unknown = (*each.unknown, *(place for place in each.names if place not in kept))
        found.append(Labelled(each.text, kept, tuple(sorted(unknown))))
    return found


_ROLES = re.compile(
    r"(?<![가-힣])(그녀|그|아버지|어머니|아빠|엄마|남자|여자|남편|아내|친구|누나|오빠|언니|할머니|할아버지|아들|딸|남성|여성|선생님|교수|감독|대통령|"
    r"배우|의사|학생|주인공|사람|소년|소녀|아이)(?=(?:은|는|이|가|을|를|과|와|의|도|에게|한테|께서)(?![가-힣]))"
)


def in_place_of_roles(sentences: Sequence[Labelled], count: int, seed: int) -> list[Labelled]:
    """``sentences`` in which one word for a person is an invented name."""
    random = Random(seed)
    found: list[Labelled] = []
    order = list(range(len(sentences)))
    random.shuffle(order)
    for number in order:
        sentence = sentences[number]
        roles = list(_ROLES.finditer(sentence.text))
        if roles:
            found.append(_replaced(sentence, [random.choice(roles).span()], random))
        if len(found) == count:
            break
    return found


def _replaced(sentence: Labelled, places: Sequence[tuple[int, int]], random: Random) -> Labelled:
    """The places hold invented names, the particles behind them agree, other places move along."""
    text, position = "", 0
    names: list[tuple[int, int]] = []
    moved: list[tuple[int, int]] = []  # places in the old text with how far they move from there on
    for start, end in places:
        text += sentence.text[position:start]
        name = _written(korean_name(random, training=True), random)
        names.append((len(text), len(text) + len(name)))
        text += name
        position = end
        particle = _FOLLOWING.match(sentence.text, end)
        if particle:
            text += agree(name, *_PAIRS[particle[1]])
            position = particle.end()
        moved.append((position, len(text) - position))
    text += sentence.text[position:]

    def shifted(others: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        found = []
        for start, end in others:
            if any(start < after and before < end for before, after in places):
                continue
            shift = max((entry for entry in moved if entry[0] <= start), default=(0, 0))[1]
            found.append((start + shift, end + shift))
        return tuple(found)

    return Labelled(text, tuple(sorted((*names, *shifted(sentence.names)))), shifted(sentence.unknown))
