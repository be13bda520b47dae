"""Names of persons, places and organisations of all countries: labels of Wikidata, as X-FACTR collected them."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

_PERSON_SUBJECTS = ("P19", "P20", "P27", "P39", "P54", "P69", "P102", "P103", "P106", "P413", "P1303", "P1412")
_PLACE_SUBJECTS = ("P30", "P36", "P47", "P131", "P190", "P1376")
_PLACE_OBJECTS = ("P17", "P19", "P20", "P36", "P47", "P131", "P159", "P190", "P740", "P1376")
_ORGANISATION_SUBJECTS = ("P159", "P463")
_ORGANISATION_OBJECTS = ("P54", "P69", "P108", "P176", "P178", "P264", "P449")
_WORD = r"(?:Mc|Mac|O'|D')?[A-ZÀ-ÖØ-ÞĀ-Ž][a-zß-öø-ÿā-ž]+"
_COMPOUND = rf"{_WORD}(?:-{_WORD})?"
_PERSON = re.compile(
    rf"{_COMPOUND}(?: [A-Z]\.)? (?:(?:van|von|de|der|da|di|del|la|le|du|bin|al|el|ten|dos) )*{_COMPOUND}"
)
_PLACE = re.compile(rf"{_COMPOUND}(?: (?:{_COMPOUND}|of|de|la|del|am|an|der|sur|upon)){{0,3}}")
_ORGANISATION = re.compile(r"[A-Z]\S*(?: (?:[A-Z]\S*|of|for|and|the|&)){0,4}")


def persons(folder: Path) -> list[str]:
    """Persons whose label is one given name, or two, and a surname."""
    return _fitting(_PERSON, _labels(folder, _PERSON_SUBJECTS, "sub"))


def places(folder: Path) -> list[str]:
    """Countries, provinces and towns, without the larger place that a label may tell behind a comma."""
    labels = (*_labels(folder, _PLACE_SUBJECTS, "sub"), *_labels(folder, _PLACE_OBJECTS, "obj"))
    return _fitting(_PLACE, (label.split(",")[0] for label in labels))


def organisations(folder: Path) -> list[str]:
    """Companies, schools, clubs, broadcasters."""
    labels = (*_labels(folder, _ORGANISATION_SUBJECTS, "sub"), *_labels(folder, _ORGANISATION_OBJECTS, "obj"))
    return _fitting(_ORGANISATION, labels)


def first_and_last_words(names: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    """How many of ``names`` begin and how many end with each word."""
    words = [name.split() for name in names]
    return Counter(each[0] for each in words), Counter(each[-1] for each in words)


def _labels(folder: Path, relations: Iterable[str], side: str) -> list[str]:
    found = []
    for relation in relations:
        path = folder / "lama_xfactr" / "mTRExf" / "sub" / f"{relation}.jsonl"
        found += [json.loads(line)[f"{side}_label"] for line in path.read_text(encoding="utf-8").splitlines()]
    return found


def _fitting(pattern: re.Pattern[str], labels: Iterable[str]) -> list[str]:
    return sorted({label for label in labels if pattern.fullmatch(label)})
