"""Korean text in which it is known what is a name of a person, what is none, and what nobody has looked at."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from benchmarks.sentence_weights.corpus import documents

_UNREAD = {"klue_ner", "constitution", "question_pair"}
"""What is read otherwise, what is measured with, and what may not be given on."""
_NUMBER = re.compile(r"## klue-ner-v1_dev_(\d+)")
_NAME_TAGS = ("NNP", "SL", "SH")
Place = tuple[int, int]


@dataclass(frozen=True)
class Labelled:
    """A text with the places (characters) of its names, and of what may be one or not."""

    text: str
    names: tuple[Place, ...]
    unknown: tuple[Place, ...] = ()


def klue(folder: Path, odd: bool) -> list[Labelled]:
    """Sentences of the KLUE NER development set with an odd number, or with an even one, and their persons (PS)."""
    found: list[Labelled] = []
    text, places, wanted = "", [], False
    path = folder / "ko_klue" / "klue-ner-v1.1_dev.tsv"
    with path.open(encoding="utf-8") as lines:
        for line in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            number = _NUMBER.match(line[0]) if line else None
            if number:
                wanted = int(number[1]) % 2 == odd
            elif len(line) == 2 and not line[0].startswith("##"):
                if line[1] == "B-PS":
                    places.append((len(text), len(text) + 1))
                elif line[1] == "I-PS":
                    places[-1] = (places[-1][0], len(text) + 1)
                text += line[0]
            elif not line and text:
                if wanted:
                    found.append(Labelled(text, tuple(places)))
                text, places = "", []
    if text and wanted:
        found.append(Labelled(text, tuple(places)))
    return found


def plain_texts(folder: Path) -> Iterator[str]:
    """Texts without labels that may be given on."""
    for name, document in documents(folder, lambda texts: [[text] for text in texts]):
        if name not in _UNREAD:
            yield "".join(document)


def tagged(texts: Sequence[str]) -> tuple[list[Labelled], Counter[str]]:
    """``texts`` in which what Kiwi takes for a proper noun is unknown and the rest is no name; and in how many texts
    each common noun stands."""
    kiwi = import_module("kiwipiepy").Kiwi(num_workers=2)
    nouns: Counter[str] = Counter()
    found = []
    for text, tokens in zip(texts, kiwi.tokenize(list(texts)), strict=True):
        unknown = [(token.start, token.start + token.len) for token in tokens if token.tag in _NAME_TAGS]
        nouns.update({token.form for token in tokens if token.tag == "NNG" and len(token.form) > 1})
        found.append(Labelled(text, (), tuple(unknown)))
    return found, nouns
