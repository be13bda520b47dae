"""Korean text in which it is known what is a name of a person, what is none, and what nobody has looked at."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from benchmarks.sentence_weights.corpus import documents
from pipelines.privacy.names.vocabulary import name_lists

_UNREAD = {"klue_ner", "constitution", "question_pair"}
"""What is read otherwise, what is measured with, and what may not be given on."""
_NUMBER = re.compile(r"## klue-ner-v1_dev_(\d+)")
_NAME_TAGS = ("NNP", "SL", "SH")
_NOUNS = (*_NAME_TAGS, "NNG")
_UNSPACED = re.compile(r"\s+")
_FULL_NAME = 3
_PLACE_ENDS, _COUNTRY = "시군구당국대", "나라"
Place = tuple[int, int]


@dataclass(frozen=True)
class Labelled:
    """A text with the places (characters) of its names, and of what may be one or not."""

    text: str
    names: tuple[Place, ...]
    unknown: tuple[Place, ...] = ()


class Token(NamedTuple):
    """A morpheme, its part of speech, its first character in the text and its end."""

    form: str
    tag: str
    start: int
    end: int


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
    """Texts without labels that may be given on, without those that are measured with."""
    measured = {_UNSPACED.sub("", each.text) for each in klue(folder, odd=True)}
    for name, document in documents(folder, lambda texts: [[text] for text in texts]):
        text = "".join(document)
        if name not in _UNREAD and _UNSPACED.sub("", text) not in measured:
            yield text


def analysed(texts: Sequence[str]) -> list[list[Token]]:
    """Nouns and foreign words of ``texts`` as Kiwi tags them."""
    kiwi = import_module("kiwipiepy").Kiwi(num_workers=2)
    return [
        [Token(token.form, token.tag, token.start, token.start + token.len) for token in tokens if token.tag in _NOUNS]
        for tokens in kiwi.tokenize(list(texts))
    ]


def common_nouns(tokens: Sequence[Sequence[Token]]) -> Counter[str]:
    """In how many texts each common noun stands."""
    nouns: Counter[str] = Counter()
    for each in tokens:
        nouns.update({token.form for token in each if token.tag == "NNG" and len(token.form) > 1})
    return nouns


def tagged(
    texts: Sequence[str], tokens: Sequence[Sequence[Token]], is_given_name: Callable[[str], bool], places: Sequence[str]
) -> list[Labelled]:
    """``texts`` with what Kiwi takes for a proper noun unknown, the rest no name, and names of persons as such.

    A surname and two syllables are taken for a person's name where one proper noun is made of them that is none of
    ``places``, ``is_given_name`` holds of the two and in one text at least a title follows them.
    """
    titles = sorted(name_lists()["korean_titles"], key=len, reverse=True)
    title = re.compile(rf" ?(?:{'|'.join(titles)})(?:은|는|이|가|을|를|의|도|과|와|에게|께|님|한테|만)?(?![가-힣])")
    surnames = name_lists()["korean_surnames"]
    persons: set[str] = set()
    names: list[list[Token]] = []
    for text, found in zip(texts, tokens, strict=True):
        fitting = []
        for token in found:
            name = text[token.start : token.end]
            alone = token.start == 0 or not "가" <= text[token.start - 1] <= "힣"
            whole = token.tag == "NNP" and alone and len(name) == _FULL_NAME and token.form == name
            place = name[-1:] in _PLACE_ENDS or name[1:] == _COUNTRY or name in places
            if whole and not place and name[0] in surnames and is_given_name(name[1:]):
                fitting.append(token)
                if title.match(text, token.end):
                    persons.add(name)
        names.append(fitting)
    labelled = []
    for text, found, fitting in zip(texts, tokens, names, strict=True):
        chosen = {(token.start, token.end) for token in fitting if token.form in persons}
        proper = {(token.start, token.end) for token in found if token.tag in _NAME_TAGS}
        labelled.append(Labelled(text, tuple(sorted(chosen)), tuple(sorted(proper - chosen))))
    return labelled
