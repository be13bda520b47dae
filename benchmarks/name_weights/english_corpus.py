"""English text in which it is known what is a name of a person, and what nobody has looked at."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

from benchmarks.name_weights.korean_corpus import Labelled, Place
from pipelines.privacy.names.vocabulary import name_lists

PARTS = {"train": "train/wnut17train.conll", "dev": "dev/emerging.dev.conll", "test": "test/emerging.test.annotated"}
_NO_SPACE_BEFORE = re.compile(r"[.,;:!?)\]}%]+|n't|'[a-z]*|’[a-z]*")
_NO_SPACE_AFTER = ("(", "[", "$", "#")
_TAGGED = re.compile(r"(\S+)_(\S+)")
_TITLE_ENDINGS = re.compile(r"[A-Z][a-z]+(?:-[A-Z][a-z]+)?|[A-Z]\.?")
_WORD = re.compile(r"[a-z]{2,}")
_NAME_TAGS = ("NNP", "NNPS")
_MOST_WORDS = 4


def wnut(folder: Path, part: str) -> list[Labelled]:
    """Messages of WNUT17 and their persons."""
    path = folder / "en_ner" / "WNUT17" / "CONLL-format" / "data" / PARTS[part]
    found = []
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        rows = [line.split("\t") for line in block.splitlines() if "\t" in line]
        if rows:
            found.append(_joined([(row[0].strip(), row[-1].strip()) for row in rows]))
    return found


def masc(folder: Path, given_names: frozenset[str], ordinary: frozenset[str]) -> list[Labelled]:
    """Sentences of MASC. A run of proper nouns whose first is a given name is a person, one without any name is none,
    others are unknown; what is no proper noun is no person."""
    family = frozenset(name.lower() for name in name_lists()["english_family_names"])
    titles = frozenset(name_lists()["english_titles"])
    found = []
    for path in sorted((folder / "en_nltk" / "masc_tagged").rglob("*.txt")):
        if path.name == "categories.txt":
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            tokens = _TAGGED.findall(line)
            if tokens:
                found.append(_joined(_guessed(tokens, given_names, family, titles, ordinary)))
    return found


def _guessed(
    tokens: Sequence[tuple[str, str]],
    given: frozenset[str],
    family: frozenset[str],
    titles: frozenset[str],
    ordinary: frozenset[str],
) -> Iterator[tuple[str, str]]:
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
        sure = bool(name) and (titled > 0 or (name[0] in given and name[0] not in ordinary))
        if sure and len(name) <= _MOST_WORDS and all(_TITLE_ENDINGS.fullmatch(word) for word in words[titled:]):
            tag = "person"
        elif any(word in given or word in family for word in name):
            tag = "unknown"
        else:
            tag = "O"
        for index, word in enumerate(words):
            yield word, "O" if index < titled or tag == "O" else f"{'B' if index == titled else 'I'}-{tag}"
        position = end


def _joined(tokens: Iterable[tuple[str, str]]) -> Labelled:
    """Words as they are usually written, and the places of B-person, I-person and of what is unknown."""
    text, after = "", True
    names: list[Place] = []
    unknown: list[Place] = []
    for word, tag in tokens:
        if text and not after and not _NO_SPACE_BEFORE.fullmatch(word):
            text += " "
        place = (len(text), len(text) + len(word))
        if tag == "B-person":
            names.append(place)
        elif tag == "I-person" and names:
            names[-1] = (names[-1][0], place[1])
        elif tag.endswith("unknown"):
            unknown.append(place)
        text += word
        after = word in _NO_SPACE_AFTER
    return Labelled(text, tuple(names), tuple(unknown))


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


def with_other_names(sentences: Sequence[Labelled], given: Sequence[str], copies: int, seed: int) -> list[Labelled]:
    """``sentences`` with invented names in place of theirs."""
    random = Random(seed)
    found = []
    for sentence in sentences:
        for _ in range(copies if sentence.names else 0):
            text, position = "", 0
            names, unknown = [], []
            others = list(sentence.unknown)
            for start, end in sentence.names:
                shift = len(text) - position
                unknown += [(a + shift, b + shift) for a, b in others if position <= a and b <= start]
                text += sentence.text[position:start]
                name = english_name(random, given, " " in sentence.text[start:end])
                names.append((len(text), len(text) + len(name)))
                text += name
                position = end
            shift = len(text) - position
            unknown += [(a + shift, b + shift) for a, b in others if position <= a]
            found.append(Labelled(text + sentence.text[position:], tuple(names), tuple(unknown)))
    return found


def english_name(random: Random, given: Sequence[str], full: bool) -> str:
    """A name of one word or, if ``full``, of two or three."""
    if not full:
        return random.choice(given)
    family = random.choice(name_lists()["english_family_names"])
    if random.random() < 0.2:
        family = random.choice(("Mc", "Mac", "", "", "Van")) + _invented(random)
    middle = f" {random.choice('ABCDEFGHJKLMNPRSTW')}." if random.random() < 0.1 else ""
    return f"{random.choice(given)}{middle} {family}"


def _invented(random: Random) -> str:
    onsets, middles = (
        ("B", "Br", "C", "D", "Dr", "F", "G", "H", "K", "L", "M", "N", "P", "R", "S", "St", "T", "V", "W"),
        "aeiou",
    )
    endings = (
        "berg",
        "cker",
        "dez",
        "ff",
        "ger",
        "ham",
        "ington",
        "kov",
        "ley",
        "lin",
        "mann",
        "nen",
        "ski",
        "son",
        "ssen",
        "stra",
        "ton",
        "vic",
        "well",
        "witz",
    )
    return random.choice(onsets) + random.choice(middles) + random.choice(endings)


def from_templates(given: Sequence[str], count: int, seed: int) -> list[Labelled]:
    """Sentences made for training."""
    path = Path(__file__).with_name("english_material.json")
    templates = json.loads(path.read_text(encoding="utf-8"))["templates"]
    random = Random(seed)
    found = []
    for _ in range(count):
        text, names = "", []
        parts = random.choice(templates).split("{}")
        for index, part in enumerate(parts):
            text += part
            if index < len(parts) - 1:
                name = english_name(random, given, random.random() < 0.7)
                names.append((len(text), len(text) + len(name)))
                text += name
        found.append(Labelled(text, tuple(names)))
    return found
