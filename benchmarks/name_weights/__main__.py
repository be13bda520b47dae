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
from collections.abc import Sequence
from pathlib import Path

from benchmarks.name_weights import english_corpus, korean_corpus, korean_names, lessons
from benchmarks.name_weights.korean_corpus import Labelled
from benchmarks.sentence_weights.learn import Table
from pipelines.privacy.names import finder, vocabulary

_KOREAN_ROWS, _ENGLISH_ROWS = 1 << 16, 1 << 15
_FEWEST_TEXTS, _FEWEST_CHILDREN, _FEWEST_WORDS = 3, 25, 12
_LONGEST_WORD = 5


def korean_words(nouns: Counter[str]) -> set[str]:
    """Common nouns and places that begin as surnames do."""
    surnames = vocabulary.name_lists()["korean_surnames"]
    common = {
        word
        for word, texts in nouns.items()
        if texts >= _FEWEST_TEXTS and len(word) <= _LONGEST_WORD and all("가" <= syllable <= "힣" for syllable in word)
    }
    return {word for word in common | set(korean_names.places()) if word[0] in surnames}


def korean_texts(folder: Path, tagged: Sequence[Labelled]) -> list[Labelled]:
    """All that the Korean weights are made from."""
    news = korean_corpus.klue(folder, odd=False)
    return [
        *news,
        *news,
        *korean_names.with_other_names(news, 8, seed=1),
        *korean_names.from_templates(14_000, seed=2),
        *korean_names.in_place_of_roles(tagged, 24_000, seed=3),
        *tagged,
    ]


def english_texts(folder: Path, given: list[str], rare: list[str], words: Sequence[str]) -> list[Labelled]:
    """All that the English weights are made from; names that stand in no list among them."""
    mixed = given + rare
    messages = english_corpus.wnut(folder, "train") + english_corpus.wnut(folder, "dev")
    prose = english_corpus.masc(folder, frozenset(map(str.lower, given)), frozenset(words))
    return [
        *messages,
        *messages,
        *prose,
        *english_corpus.with_other_names(messages, mixed, 6, seed=1),
        *english_corpus.with_other_names(prose, mixed, 3, seed=2),
        *english_corpus.from_templates(mixed, 12_000, seed=3),
    ]


def _packed(texts: Sequence[Labelled], korean: bool, rows: int) -> str:
    table: Table = lessons.train(*lessons.examples(texts, korean), rows)
    return base64.b64encode(zlib.compress(table.astype("<u2").tobytes(), 9)).decode()


def _write(path: Path, content: dict[str, str]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main(folder: Path) -> None:
    tagged, nouns = korean_corpus.tagged(list(korean_corpus.plain_texts(folder)))
    given, rare = english_corpus.given_names(folder, _FEWEST_CHILDREN)
    words = english_corpus.ordinary_words(folder, _FEWEST_WORDS)
    packed = {"korean_words": korean_words(nouns), "english_words": words, "english_given_names": given}
    _write(vocabulary.WORDS, {name: vocabulary.pack(chosen) for name, chosen in packed.items()})
    vocabulary.vocabulary.cache_clear()
    _write(
        finder.WEIGHTS,
        {
            "korean": _packed(korean_texts(folder, tagged), True, _KOREAN_ROWS),
            "english": _packed(english_texts(folder, given, rare, words), False, _ENGLISH_ROWS),
        },
    )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
