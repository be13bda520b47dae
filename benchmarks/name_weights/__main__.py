"""Make `name_weights.json` and `name_words.json` of `pipelines/privacy/names` anew.

    python -m benchmarks.name_weights [path of the data folder]

Needs kiwipiepy 0.24. The same data gives the same weights on the same machine; a processor that rounds otherwise may
give slightly others, which is why the files are kept and not made where they are used.
"""

import base64
import json
import sys
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.name_weights import english_corpus, held_out, korean_corpus, korean_names, lessons, wikidata
from benchmarks.name_weights.english_corpus import Known
from benchmarks.name_weights.english_names import Names
from benchmarks.name_weights.korean_corpus import Labelled
from benchmarks.sentence_weights.corpus import draw
from benchmarks.sentence_weights.learn import Table
from pipelines.privacy.names import finder, vocabulary
from pipelines.privacy.names.vocabulary import name_lists

_KOREAN_ROWS, _ENGLISH_ROWS = 1 << 16, 1 << 15
_FEWEST_TEXTS, _FEWEST_CHILDREN, _FEWEST_WORDS, _FEWEST_PERSONS = 3, 25, 12, 2
_LISTED_PLACES = 0.7
_LONGEST_WORD = 5


def korean_words(nouns: Counter[str]) -> set[str]:
    """Common nouns and places that begin as surnames do."""
    surnames = name_lists()["korean_surnames"]
    common = {
        word
        for word, texts in nouns.items()
        if texts >= _FEWEST_TEXTS and len(word) <= _LONGEST_WORD and all("가" <= syllable <= "힣" for syllable in word)
    }
    return {word for word in common | set(korean_names.places()) if word[0] in surnames}


def korean_texts(folder: Path, tagged: Sequence[Labelled]) -> list[Labelled]:
    """All that the Korean weights are made from."""
    news = korean_corpus.klue(folder, odd=False)
    unmeasured = korean_names.only_for_training(tagged)
    return [
        *news,
        *news,
        *korean_names.with_other_names(news, 8, seed=1),
        *korean_names.from_templates(14_000, seed=2),
        *korean_names.in_place_of_roles(unmeasured, 24_000, seed=3),
        *unmeasured,
        *korean_names.with_other_names(tagged, 2, seed=4),
    ]


def english_names(folder: Path) -> tuple[Names, dict[str, set[str]]]:
    """What names are drawn from, and those that the finder of names lists; the others are for it to do without."""
    given, rare = english_corpus.given_names(folder, _FEWEST_CHILDREN)
    first, last = wikidata.first_and_last_words(wikidata.persons(folder))
    places = wikidata.places(folder)
    listed = {
        "english_given_names": {*given, *_common(first)},
        "english_surnames": _common(last),
        "english_places": {place for place in places if place.isalpha() and draw("place", place) < _LISTED_PLACES},
    }
    listed["english_places"] -= {*listed["english_given_names"], *first, *last}
    family = name_lists()["english_family_names"]
    names = Names(given + rare, family, sorted(first), sorted(last), places, wikidata.organisations(folder))
    return names, listed


def _common(words: Counter[str]) -> set[str]:
    return {word for word, count in words.items() if count >= _FEWEST_PERSONS and word.isalpha()}


def english_texts(
    folder: Path, names: Names, listed: Mapping[str, set[str]], words: Sequence[str]
) -> tuple[list[Labelled], dict[str, list[Labelled]]]:
    """All that the English weights are made from, and what their threshold is chosen with."""
    small = {name: frozenset(map(str.lower, found)) for name, found in listed.items()}
    family = small["english_surnames"].union(map(str.lower, names.family))
    places = frozenset(map(str.lower, [*names.places, *name_lists()["english_proper_words"]]))
    known = Known(small["english_given_names"], family, frozenset(words), places)
    messages = english_corpus.wnut(folder, "train")
    read = [*english_corpus.masc(folder, known), *english_corpus.treebank(folder, "dev", known)]
    prose, held_prose = held_out.divided(read)
    held_prose += english_corpus.treebank(folder, "test", known)
    trained, others = held_out.divided_names(names)
    pieces = [
        *messages,
        *messages,
        *prose,
        *english_corpus.with_other_names(messages, trained, 6, seed=1),
        *english_corpus.with_other_names(prose, trained, 3, seed=2),
        *english_corpus.from_templates(trained, 20_000, seed=3),
    ]
    held = {
        "prose with other names": english_corpus.with_other_names(held_prose, others, 2, seed=4),
        "prose": held_prose,
        "messages": english_corpus.wnut(folder, "dev"),
    }
    labelled = english_corpus.labelled
    return [labelled(each) for each in pieces], {name: [labelled(each) for each in held[name]] for name in held}


def _packed(table: Table) -> str:
    return base64.b64encode(zlib.compress(table.astype("<u2").tobytes(), 9)).decode()


def _write(path: Path, content: dict[str, str]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main(folder: Path) -> None:
    texts = list(korean_corpus.plain_texts(folder))
    tokens = korean_corpus.analysed(texts)
    tagged = korean_corpus.tagged(texts, tokens, korean_names.is_given_name, korean_names.places())
    names, listed = english_names(folder)
    words = english_corpus.ordinary_words(folder, _FEWEST_WORDS)
    packed = {"korean_words": korean_words(korean_corpus.common_nouns(tokens)), "english_words": words, **listed}
    _write(vocabulary.WORDS, {name: vocabulary.pack(chosen) for name, chosen in packed.items()})
    vocabulary.vocabulary.cache_clear()
    korean = lessons.train(*lessons.examples(korean_texts(folder, tagged), True), _KOREAN_ROWS)
    english_trained, held = english_texts(folder, names, listed, words)
    english = lessons.train(*lessons.examples(english_trained, False), _ENGLISH_ROWS)
    _write(finder.WEIGHTS, {"korean": _packed(korean), "english": _packed(english)})
    for title, others in held.items():
        held_out.show(title, others, english)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
