"""English text in which it is known what is a name of a person, what is none, and what nobody has looked at."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.name_weights.english_names import Names, material
from benchmarks.name_weights.korean_corpus import Labelled, Place
from pipelines.privacy.names.vocabulary import name_lists

PARTS = {"train": "train/wnut17train.conll", "dev": "dev/emerging.dev.conll", "test": "test/emerging.test.annotated"}
Piece = tuple[str, str]
"""Text, and what it is: "person", "unknown", "place", "organisation", "street", "address", or "" for none of them."""

_KINDS = {"location": "place", "corporation": "organisation", "person": "person"}
_NO_SPACE_BEFORE = re.compile(r"[.,;:!?)\]}%]+|n't|'[a-z]*|’[a-z]*")
_NO_SPACE_AFTER = ("(", "[", "$", "#")
_CONTRACTED = ("s", "t", "re", "ve", "ll", "m", "d")
_TAGGED = re.compile(r"(\S+)_(\S+)")
_TITLE_ENDINGS = re.compile(r"[A-Z][a-z]+(?:-[A-Z][a-z]+)?|[A-Z]\.?")
_WORD = re.compile(r"[a-z]{2,}")
_SLOT = re.compile(r"\{([a-z]*)\}")
_NAME_TAGS = ("NNP", "NNPS")
_PLACE_BEFORE = ("in", "at", "from", "near", "to", "of", "through", "around")
_MOST_WORDS = 4


@dataclass(frozen=True)
class Known:
    """Words by which a run of proper nouns is told; in small letters."""

    given: frozenset[str]
    family: frozenset[str]
    ordinary: frozenset[str]
    places: frozenset[str]


def labelled(pieces: Sequence[Piece]) -> Labelled:
    """The text of ``pieces`` with its persons and what is unknown."""
    text = ""
    places: dict[str, list[Place]] = {"person": [], "unknown": []}
    for piece, kind in pieces:
        if kind in places:
            places[kind].append((len(text), len(text) + len(piece)))
        text += piece
    return Labelled(text, tuple(places["person"]), tuple(places["unknown"]))


def wnut(folder: Path, part: str) -> list[list[Piece]]:
    """Messages of WNUT17."""
    path = folder / "en_ner" / "WNUT17" / "CONLL-format" / "data" / PARTS[part]
    found = []
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        rows = [line.split("\t") for line in block.splitlines() if "\t" in line]
        if rows:
            found.append(_joined(_contracted([(row[0].strip(), row[-1].strip()) for row in rows])))
    return found


def _contracted(tokens: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """``tokens`` with "'", "s" and "n", "'", "t" as one."""
    position = 0
    while position < len(tokens):
        word, tag = tokens[position]
        following = [token for token, _ in tokens[position + 1 : position + 3]]
        if word == "n" and following[:1] in (["'"], ["’"]) and following[1:] == ["t"]:
            yield "n't", tag
            position += 3
        elif word in ("'", "’") and following and following[0] in _CONTRACTED:
            yield word + following[0], tag
            position += 2
        else:
            yield word, tag
            position += 1


def masc(folder: Path, known: Known) -> list[list[Piece]]:
    """Sentences of MASC, see ``guessed``."""
    found = []
    for path in sorted((folder / "en_nltk" / "masc_tagged").rglob("*.txt")):
        if path.name == "categories.txt":
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            tokens = _TAGGED.findall(line)
            if tokens:
                found.append(_joined(guessed(tokens, known)))
    return found


def treebank(folder: Path, part: str, known: Known) -> list[list[Piece]]:
    """Sentences of the English Web Treebank, part "dev" or "test", see ``guessed``."""
    path = folder / "en_ud_ewt" / f"en_ewt-ud-{part}.conllu"
    found = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [line.split("\t") for line in block.splitlines() if line[:1].isdigit()]
        tokens = [(row[1], row[4]) for row in rows if row[0].isdigit()]
        if tokens:
            found.append(_joined(guessed(tokens, known)))
    return found


def guessed(tokens: Sequence[tuple[str, str]], known: Known) -> Iterator[tuple[str, str]]:
    """Words and tags of ``tokens``, words with parts of speech.

    A run of proper nouns whose first is a given name is a person, one without any name is none, and a place if it is
    listed as one or an organisation if it ends as such do; others are unknown; what is no proper noun is no person.
    """
    titles = frozenset(name_lists()["english_titles"])
    endings = frozenset(ending.lower() for ending in material()["organisation_endings"])
    position = 0
    while position < len(tokens):
        end = position
        while end < len(tokens) and tokens[end][1] in _NAME_TAGS:
            end += 1
        if end == position:
            yield tokens[position][0], "O"
            position += 1
            continue
        words = [word for word, _ in tokens[position:end]]
        titled = 0
        while titled < len(words) and words[titled].rstrip(".").lower() in titles:
            titled += 1
        name = [word.lower() for word in words[titled:]]
        doubtful = known.ordinary | known.places
        sure = bool(name) and (titled > 0 or (name[0] in known.given and name[0] not in doubtful))
        sure = sure and not any(word in known.ordinary and word not in known.family for word in name[1:])
        before = tokens[position - 1][0].lower() if position else ""
        if len(name) > 1 and name[-1] in endings:
            tag = "corporation"
        elif titled == 0 and " ".join(name) in known.places and before in _PLACE_BEFORE:
            tag = "location"
        elif sure and len(name) <= _MOST_WORDS and all(_TITLE_ENDINGS.fullmatch(word) for word in words[titled:]):
            tag = "person"
        elif any(word in known.given or word in known.family for word in name):
            tag = "unknown"
        else:
            tag = "O"
        for index, word in enumerate(words):
            yield word, "O" if index < titled or tag == "O" else f"{'B' if index == titled else 'I'}-{tag}"
        position = end


def _joined(tokens: Iterable[tuple[str, str]]) -> list[Piece]:
    """Words as they are usually written, in pieces by what is tagged B-person, I-person and the like."""
    pieces: list[Piece] = []
    after = True
    for word, tag in tokens:
        space = " " if pieces and not after and not _NO_SPACE_BEFORE.fullmatch(word) else ""
        mark, _, name = tag.partition("-")
        kind = _KINDS.get(name, name if name == "unknown" else "")
        if pieces and pieces[-1][1] == kind and (mark == "I" or not kind):
            pieces[-1] = (pieces[-1][0] + space + word, kind)
        else:
            if space:
                pieces.append((space, ""))
            pieces.append((word, kind))
        after = word in _NO_SPACE_AFTER
    return pieces


def given_names(folder: Path, minimum: int) -> tuple[list[str], list[str]]:
    """Given names of two public lists, of the longer one those of ``minimum`` children or more; and its rarer ones."""
    found: set[str] = set()
    rare: set[str] = set()
    for path in sorted((folder / "en_nltk" / "names").glob("*male.txt")):
        found.update(line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    for line in (folder / "pii_names" / "yob1950.txt").read_text(encoding="utf-8").splitlines():
        name, _, count = line.split(",")
        (found if int(count) >= minimum else rare).add(name)
    return sorted(name for name in found if name.isalpha()), sorted(rare - found)


def ordinary_words(folder: Path, minimum: int) -> list[str]:
    """Words that ``minimum`` times or more stand in small letters in novels and in MASC, and more often so than not."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((folder / "en_novels").glob("*.txt"))]
    texts += [
        re.sub(r"_\S+", "", path.read_text(encoding="utf-8"))
        for path in sorted((folder / "en_nltk" / "masc_tagged").rglob("*.txt"))
    ]
    small: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts:
        small.update(_WORD.findall(text))
        capital.update(word.lower() for word in re.findall(r"(?<=[a-z,] )[A-Z][a-z]+", text))
    return sorted(word for word, count in small.items() if count >= minimum and count > 2 * capital[word])


def with_other_names(sentences: Sequence[Sequence[Piece]], names: Names, copies: int, seed: int) -> list[list[Piece]]:
    """``sentences`` with invented names of persons, places and organisations in place of theirs."""
    random = Random(seed)
    kinds = set(_KINDS.values())
    return [
        [_other(piece, names, random) if piece[1] in kinds else piece for piece in sentence]
        for sentence in sentences
        for _ in range(copies if any(kind in kinds for _, kind in sentence) else 0)
    ]


def _other(piece: Piece, names: Names, random: Random) -> Piece:
    text, kind = piece
    return names.draw(kind, random, full=" " in text if kind == "person" else None), kind


def from_templates(names: Names, count: int, seed: int) -> list[list[Piece]]:
    """Sentences made for training; {} is a person."""
    random = Random(seed)
    found = []
    for _ in range(count):
        parts = _SLOT.split(random.choice(material()["templates"]))
        pieces: list[Piece] = [(parts[0], "")]
        for kind, following in zip(parts[1::2], parts[2::2], strict=True):
            pieces += [(names.draw(kind or "person", random), kind or "person"), (following, "")]
        found.append([piece for piece in pieces if piece[0]])
    return found
