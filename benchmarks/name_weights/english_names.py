"""Invented names of persons in Latin letters, and places, organisations and addresses that hold none."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from pipelines.privacy.names.vocabulary import name_lists

_FULL_PERSON, _FOREIGN, _CAPITALS = 0.6, 0.45, 0.04
_WITH_INITIAL, _WITH_PARTICLE, _INVENTED = 0.1, 0.04, 0.15
_PLACE_CAPITALS, _STREET_OF_A_PERSON = 0.08, 0.4


@cache
def material() -> dict[str, list[str]]:
    """Hand-written templates and parts of names."""
    path = Path(__file__).with_name("english_material.json")
    written: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return written


@dataclass(frozen=True)
class Names:
    """What names are drawn from: of English speakers, of all countries, and names of what is no person."""

    given: Sequence[str]
    family: Sequence[str]
    foreign_given: Sequence[str]
    foreign_family: Sequence[str]
    places: Sequence[str]
    organisations: Sequence[str]

    def draw(self, kind: str, random: Random, full: bool | None = None) -> str:
        """A name of ``kind``: "person", "place", "organisation", "street" or "address".

        A person has a given name and a surname if ``full``, one of the two if not, and either at random by default.
        """
        if kind == "person":
            return self._person(random, random.random() < _FULL_PERSON if full is None else full)
        makers: Mapping[str, Callable[[Random], str]] = {
            "place": self._place,
            "organisation": self._organisation,
            "street": self._street,
            "address": self._address,
        }
        return makers[kind](random)

    def _person(self, random: Random, full: bool) -> str:
        foreign = random.random() < _FOREIGN
        given = random.choice(self.foreign_given if foreign else self.given)
        family = self._surname(random, foreign)
        if not full:
            name = given if random.random() < 0.5 else family
        else:
            middle = f" {random.choice('ABCDEFGHJKLMNPRSTW')}." if random.random() < _WITH_INITIAL else ""
            if random.random() < _WITH_PARTICLE:
                middle = f" {random.choice(name_lists()['english_name_particles'])}"
            name = f"{given}{middle} {family}"
        return name.upper() if random.random() < _CAPITALS else name

    def _surname(self, random: Random, foreign: bool) -> str:
        if random.random() < _INVENTED:
            parts = material()
            invented = random.choice(parts["onsets"]) + random.choice("aeiou") + random.choice(parts["endings"])
            return random.choice(("Mc", "Mac", "", "", "Van")) + invented
        return random.choice(self.foreign_family if foreign else self.family)

    def _place(self, random: Random) -> str:
        place = random.choice(self.places)
        return place.upper() if random.random() < _PLACE_CAPITALS else place

    def _organisation(self, random: Random) -> str:
        drawn = random.random()
        names = [self._surname(random, random.random() < 0.3) for _ in range(3)]
        ending = random.choice(material()["organisation_endings"])
        if drawn < 0.45:
            return random.choice(self.organisations)
        if drawn < 0.6:
            return f"{names[0]}, {names[1]} and {names[2]}"
        if drawn < 0.7:
            partners = random.choice(("{0} & {1}", "{0} and {1} {2}", "{0}-{1}"))
            return partners.format(names[0], names[1], ending)
        return f"{random.choice((names[0], random.choice(self.places)))} {ending}"

    def _street(self, random: Random) -> str:
        parts = material()
        if random.random() < _STREET_OF_A_PERSON:
            stem = random.choice(
                (random.choice(self.given), self._surname(random, False), self._person(random, full=True))
            )
        else:
            stem = random.choice((*parts["street_stems"], random.choice(self.places)))
        if random.random() < 0.6:
            return f"{stem} {random.choice(parts['street_endings'])}"
        return f"{random.choice(parts['street_beginnings'])} {stem}"

    def _address(self, random: Random) -> str:
        """Street, unit, town, code and country, some of them, in one order of many."""
        parts = material()
        street, number = self._street(random), str(random.randrange(1, 9999) % random.choice((100, 1000, 9999)) + 1)
        lines = [random.choice((f"{number} {street}", f"{street} {number}", f"{street}, {number}"))]
        if random.random() < 0.4:
            lines.append(f"{random.choice(parts['units'])} {random.randrange(1, 900)}")
        town, code = self._place(random), str(random.randrange(1000, 99999))
        state = "".join(random.choice("ABCDEFGHIJKLMNOPRSTUVWXYZ") for _ in range(2))
        lines.append(random.choice((town, f"{town} {code}", f"{code} {town}", f"{town}, {state} {code}")))
        if random.random() < 0.4:
            lines.append(self._place(random))
        return random.choice((", ", ", ", "\n", " ")).join(lines)
