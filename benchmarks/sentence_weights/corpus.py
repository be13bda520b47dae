"""Text with known sentences that the classifier of Korean sentence ends is trained on and chosen by.

A document is a list of its sentences, each with the white space behind it. Two kinds of truth: texts that are known to
be whole (reviews, single sentences of treebanks and of language-understanding tasks) are joined, so that a sentence
certainly ends at each joint; what is inside reviews and longer documents is divided by Kiwi. No gold set of sentence
boundaries is read here.
"""

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from pipelines.core.kernels import mix

Document = list[str]
Divide = Callable[[list[str]], list[list[str]]]

_END_MARKS = re.compile(r"(?<=[가-힣])[.!?]+$")
_PLAIN_ENDS = (
    "..",
    "...",
    "~",
    "~~",
    "^^",
    " ^^",
    "ㅋㅋ",
    " ㅋㅋㅋ",
    "ㅎㅎ",
    " ㅎㅎ",
    "ㅠㅠ",
    " ㅠㅠ",
    "!",
    "!!",
    "?",
    ";;",
    " ♡",
    "…",
    " 😊",
)
_PAUSES = ("..", "...", "...", "…")
_REVIEW_CHARACTERS = 4_500_000


def draw(*key: object) -> float:
    """A number in [0, 1) that depends on ``key`` alone."""
    state = np.uint64(0)
    for byte in repr(key).encode():
        state = np.uint64(mix(state ^ np.uint64(byte)))
    return float(state >> np.uint64(11)) / 2.0**53


def is_held_out(name: str, number: int) -> bool:
    """Whether a document is for choosing, not for training: one in ten."""
    return draw("held out", name, number) < 0.1


def documents(folder: Path, divide: Divide) -> Iterator[tuple[str, Document]]:
    """Name of the source and document; ``divide`` (Kiwi) cuts texts into sentences that, joined, are the text."""
    for name, sentences in (
        ("klue_nli", _klue_nli(folder)),
        ("klue_ner", _klue_ner(folder)),
        ("kornli", _columns(folder / "ko_kornli" / "xnli.dev.ko.tsv", ("sentence1", "sentence2"))),
        ("pawsx", _columns(folder / "ko_pawsx" / "dev_2k.tsv", ("sentence1", "sentence2"))),
        ("question_pair", _columns(folder / "ko_question_pair" / "train.tsv", ("question1", "question2"))),
        ("wic", _columns(folder / "ko_kobest" / "WiC" / "train.tsv", ("SENTENCE1", "SENTENCE2"))),
        ("boolq_question", _columns(folder / "ko_kobest" / "BoolQ" / "train.tsv", ("Question",))),
        ("hellaswag_choice", _columns(folder / "ko_kobest" / "HellaSwag" / "train.tsv", ("choice1", "choice2"))),
        ("gsd_train", _treebank(folder)),
    ):
        yield from _joined(name, list(sentences))
    for name, texts in (
        ("boolq", _columns(folder / "ko_kobest" / "BoolQ" / "train.tsv", ("Text",))),
        ("hellaswag", _columns(folder / "ko_kobest" / "HellaSwag" / "train.tsv", ("context",))),
        ("constitution", _lines(folder / "ko_constitution" / "constitution.txt")),
        ("petitions", _petitions(folder)),
    ):
        for number, document in enumerate(divide([text for text in texts if text])):
            yield name, _with_other_ends(document, name, number)
    yield from _reviews(folder, divide)


def _joined(name: str, sentences: list[str]) -> Iterator[tuple[str, Document]]:
    """Neighbours in the file are alike (a premise and what follows from it), so a stride lies between them."""
    order = sorted(range(len(sentences)), key=lambda number: draw(name, "order", number))
    position = number = 0
    while position < len(order):
        length = 2 + int(6 * draw(name, "length", number))
        document = [sentences[place] + " " for place in order[position : position + length]]
        document[-1] = document[-1].rstrip()
        yield name, _with_other_ends(document, name, number)
        position += length
        number += 1


def _with_other_ends(document: Document, name: str, number: int) -> Document:
    """End marks kept, dropped, or some of them replaced by what people write in comments."""
    chosen = draw(name, "ends", number)
    if chosen < 0.35:
        return document
    changed = []
    for place, sentence in enumerate(document):
        body = sentence.rstrip()
        space = sentence[len(body) :]
        if chosen >= 0.75:
            body = _with_pauses(body, name, number, place)
        bare = _END_MARKS.sub("", body)
        if bare == body and chosen < 0.85:
            changed.append(body + space)
        elif chosen < 0.65 or draw(name, number, place) < 0.4:
            changed.append(bare + space)
        elif chosen < 0.75:
            changed.append(body + space)
        else:
            changed.append(bare + _PLAIN_ENDS[int(len(_PLAIN_ENDS) * draw(name, number, place, "end"))] + space)
    return changed


def _with_pauses(sentence: str, name: str, number: int, place: int) -> str:
    """Dots behind one eojeol in fifty, as comments have them: no sentence ends there."""
    eojeols = sentence.split(" ")
    for index, eojeol in enumerate(eojeols[:-1]):
        drawn = draw(name, number, place, "pause", index)
        if drawn < 0.02 and "가" <= eojeol[-1:] <= "힣":
            eojeols[index] += _PAUSES[int(drawn * 50 * len(_PAUSES))]
    return " ".join(eojeols)


def _reviews(folder: Path, divide: Divide) -> Iterator[tuple[str, Document]]:
    """Reviews of one film, up to six to a document: the joints are certain, what is inside a review is Kiwi's."""
    groups: list[list[str]] = []
    characters = 0
    with gzip.open(folder / "ko_nsmc_raw" / "movies.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            reviews = [" ".join(text.split()) for text in json.loads(line)["reviews"]]
            reviews = [text for text in reviews if len(text) > 8][:60]
            position = 0
            while position < len(reviews):
                length = 1 + int(6 * draw("reviews", len(groups)))
                groups.append(reviews[position : position + length])
                characters += sum(map(len, groups[-1]))
                position += length
            if characters > _REVIEW_CHARACTERS:
                break
    divided = iter(divide([text for group in groups for text in group]))
    for group in groups:
        document = []
        for _ in group:
            document += next(divided)
            document[-1] += " "
        document[-1] = document[-1].rstrip()
        yield "reviews", document


def _columns(path: Path, names: Iterable[str]) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            for name in names:
                text = " ".join((row[name] or "").replace("[", "").replace("]", "").split()).strip('"')
                if len(text) > 4:
                    yield text


def _lines(path: Path) -> Iterator[str]:
    yield from (" ".join(line.split()) for line in path.read_text(encoding="utf-8").splitlines())


def _petitions(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("ko_petitions/*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield " ".join(json.loads(line)["content"].split())


def _klue_nli(folder: Path) -> Iterator[str]:
    for pair in json.loads((folder / "ko_klue" / "klue-nli-v1.1_dev.json").read_text(encoding="utf-8")):
        yield pair["premise"]
        yield pair["hypothesis"]


def _klue_ner(folder: Path) -> Iterator[str]:
    text = (folder / "ko_klue" / "klue-ner-v1.1_dev.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("## ") and "\t" in line:
            yield re.sub(r"<([^<>:]*):[A-Z]{2}>", r"\1", line.split("\t", 1)[1]).strip()


def _treebank(folder: Path) -> Iterator[str]:
    path = folder / "ko_ud_gsd" / "emorynlp_train_pre-release" / "ko-gsd-ud-train.conllu"
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# text = "):
            yield re.sub(r" (?=[.,!?)\]])", "", line.removeprefix("# text = ").strip())
