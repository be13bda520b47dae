"""Names of persons: recall with and without a cue, precision, false finds, and what they cost in speed.

Korean sentences are invented from templates and given names that training did not use (those of `person_names.json`,
and those that `benchmarks.name_weights.korean_names.is_for_training` tells apart). Real text: the sentences of KLUE NER
with an odd number, WNUT17 test messages and the synthetic texts of presidio-research, none of which was trained with. A
name counts as found where its first and last character are those of a find; an English one has a cue where a title, a
greeting, a sign-off or a word that introduces a person stands before it. Beside it, where it is installed, Kiwi, of
which a run of proper nouns (NNP) is a find; it does not tell persons from places, so that its precision is low by
design. Only counts are printed or written.

    python -m benchmarks.person_names [path of the data folder]
"""

import json
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from benchmarks.machine import machine_name
from benchmarks.name_weights.english_corpus import labelled, wnut
from benchmarks.name_weights.korean_corpus import Labelled, Place, klue
from benchmarks.name_weights.korean_names import filled, korean_name
from benchmarks.scrub_text import petitions, seconds
from pipelines.privacy import KINDS, find, scrub
from pipelines.privacy.names.vocabulary import name_lists

REPORT = Path("reports/benchmarks/person_names.json")
SENTENCES = 1000
KIND = "person_name"
_TITLES = "mr|mrs|ms|miss|mx|dr|doctor|prof|professor|sir|madam|rev|reverend|senator|president|captain|judge"
_INTRODUCTIONS = "name is|name|i am|i['’]m|this is|dear|hi|hello|signed|signed by|regards|sincerely|thanks|thank you"
_CUE = re.compile(rf"\b(?:(?:{_TITLES})\.?|(?:{_INTRODUCTIONS})[,:]?)\s+\Z", re.IGNORECASE)
_BEFORE = 24
"""Characters before a name that hold a cue."""
Finder = Callable[[Sequence[str], str], list[set[Place]]]


def found_places(texts: Sequence[str], language: str) -> list[set[Place]]:
    """Places of names in each text."""
    places: list[set[Place]] = [set() for _ in texts]
    for span in find(pa.array(texts, pa.string()), language, (KIND,)).to_pylist():
        places[span["row"]].add((span["start"], span["end"]))
    return places


def by_kiwi(texts: Sequence[str], language: str) -> list[set[Place]]:
    """Places of runs of proper nouns in each text, which is Korean."""
    kiwi = import_module("kiwipiepy").Kiwi(num_workers=1)
    found = []
    for tokens in kiwi.tokenize(list(texts)):
        places: list[Place] = []
        for token in tokens:
            if token.tag == "NNP":
                first = places.pop()[0] if places and places[-1][1] == token.start else token.start
                places.append((first, token.start + token.len))
        found.append(set(places))
    return found


def scores(texts: Sequence[Labelled], language: str, finder: Finder = found_places) -> dict[str, float]:
    """Recall and precision over ``texts``, by names and by their characters.

    Recall of full names if the texts are Korean, with and without a cue if they are English.
    """
    hits = names = finds = character_hits = characters = found_characters = full_hits = full_names = 0
    cued_hits = cued_names = 0
    for each, places in zip(texts, finder([each.text for each in texts], language), strict=True):
        hits += len(places & set(each.names))
        names += len(each.names)
        finds += len(places)
        wanted = {place for start, end in each.names for place in range(start, end)}
        covered = {place for start, end in places for place in range(start, end)}
        character_hits += len(wanted & covered)
        characters += len(wanted)
        found_characters += len(covered)
        full = {(start, end) for start, end in each.names if is_full(each.text[start:end])}
        full_hits += len(full & places)
        full_names += len(full)
        cued = {(start, end) for start, end in each.names if has_cue(each.text, start)}
        cued_hits += len(cued & places)
        cued_names += len(cued)
    counted: dict[str, float] = {
        "names": names,
        "finds": finds,
        "recall": round(hits / names, 3),
        "precision": round(hits / finds, 3),
        "character_recall": round(character_hits / characters, 3),
        "character_precision": round(character_hits / found_characters, 3),
    }
    if full_names:
        counted |= {"full_names": full_names, "full_name_recall": round(full_hits / full_names, 3)}
    if language == "en":
        counted |= {
            "names_with_cue": cued_names,
            "recall_with_cue": round(cued_hits / cued_names, 3),
            "recall_without_cue": round((hits - cued_hits) / (names - cued_names), 3),
        }
    return counted


def has_cue(text: str, start: int) -> bool:
    """Whether a word that says that a person follows stands before the English name that begins at ``start``."""
    return _CUE.search(text, max(0, start - _BEFORE), start) is not None


def is_full(name: str) -> bool:
    """Whether it has two to four syllables and begins with a surname, as given names alone may by chance."""
    lists = name_lists()
    surname = name[0] in lists["korean_surnames"] and len(name) < 4
    return bool(re.fullmatch("[가-힣]{2,4}", name)) and (surname or name[:2] in lists["korean_double_surnames"])


def invented(cue: str) -> list[Labelled]:
    """Sentences with invented names, made of what training did not use."""
    templates = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))[cue]
    random = Random(f"sentences {cue}")
    sentences = []
    for number in range(SENTENCES):
        template = templates[number % len(templates)]
        names = [korean_name(random, training=False) for _ in range(template.count("{}"))]
        sentences.append(filled(template, names))
    return sentences


def presidio(folder: Path) -> list[Labelled]:
    """Synthetic texts of presidio-research and their persons."""
    path = folder / "pii_presidio_research" / "synth_dataset_v2.json"
    return [
        Labelled(
            case["full_text"],
            tuple(
                (span["start_position"], span["end_position"])
                for span in case["spans"]
                if span["entity_type"] == "PERSON"
            ),
        )
        for case in json.loads(path.read_text(encoding="utf-8"))
    ]


def speed(folder: Path) -> dict[str, float]:
    """Megabytes of petitions per second of processor time, names off and on."""
    texts = petitions(folder)
    array, megabytes = pa.array(texts), sum(len(text.encode()) for text in texts) / 1e6
    others = tuple(kind.name for kind in KINDS if kind.name != KIND)
    return {
        "megabytes": round(megabytes, 1),
        "names_off": round(megabytes / seconds(lambda: scrub(array, "ko", others)), 1),
        "names_on": round(megabytes / seconds(lambda: scrub(array, "ko")), 1),
    }


def main(folder: Path) -> None:
    """Measure, print and write."""
    korean = {
        "korean_with_cue": invented("with_cue"),
        "korean_without_cue": invented("without_cue"),
        "klue_ner_odd": klue(folder, odd=True),
    }
    law = (folder / "ko_constitution" / "constitution.txt").read_text(encoding="utf-8")
    report: dict[str, Any] = {
        "machine": machine_name(),
        **{name: scores(texts, "ko") for name, texts in korean.items()},
        "wnut17_test": scores([labelled(each) for each in wnut(folder, "test")], "en"),
        "presidio_research": scores(presidio(folder), "en"),
        "constitution_false_finds_per_100_kB": round(len(found_places([law], "ko")[0]) / len(law.encode()) * 1e5, 2),
        "megabytes_per_second": speed(folder),
    }
    if find_spec("kiwipiepy"):
        report["kiwi"] = {name: scores(texts, "ko", by_kiwi) for name, texts in korean.items()}
    text = json.dumps(report, indent=1) + "\n"
    REPORT.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
