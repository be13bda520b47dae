"""Make `pipelines/text/sentence_weights.json` anew and print what it reaches on documents that were held out.

    python -m benchmarks.sentence_weights [path of the data folder]

Needs kiwipiepy 0.24. The same data gives the same weights on the same machine; a processor that rounds otherwise may
give slightly others, which is why the file is kept and not made where it is used.
"""

import base64
import json
import re
import sys
import zlib
from collections import Counter, defaultdict
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.sentence_weights import learn
from benchmarks.sentence_weights.corpus import Document, documents, is_held_out
from benchmarks.split_sentences import scores
from pipelines.text import endings, sentences

_FILE = Path(sentences.__file__).with_name("sentence_weights.json")
_ROWS = 1 << 16
_MINIMUM_DOCUMENTS = 6
_DOTS = re.compile(r"(?<=[가-힣])(?:\.\.+|…+)(?= )")


def divide(texts: list[str]) -> list[Document]:
    """Sentences of each text according to Kiwi; joined, they are the text.

    Kiwi ends a sentence at all dots, also behind a particle ("학교에... 갔다"), so it gets the texts without them.
    """
    kiwi = import_module("kiwipiepy").Kiwi(num_workers=1)
    bare = [_DOTS.sub("", text) for text in texts]
    divided = []
    for text, found in zip(texts, kiwi.split_into_sents(bare), strict=True):
        kept = np.ones(len(text) + 1, np.bool_)
        for dots in _DOTS.finditer(text):
            kept[dots.start() : dots.end()] = False
        places = np.flatnonzero(kept)
        cuts = [0, *(int(places[sentence.start]) for sentence in found[1:]), len(text)]
        divided.append([text[start:stop] for start, stop in pairwise(cuts)])
    return divided


def train(known: list[Document]) -> tuple[str, learn.Table]:
    """Syllables that may end a sentence without a mark, and the table of weights."""
    chosen = learn.candidates(known, minimum_count=15, minimum_share=0.01)
    features, answers, rows = learn.examples(known, chosen)
    names, places = learn.common(features, rows, _MINIMUM_DOCUMENTS)
    weights = learn.fit(places, answers, len(names), turns=3, rate=0.15, lasso=2.0, ridge=0.3)
    names = names[learn.table(names, weights, _ROWS)[1]]
    # Once more with the features that found room, so that they make up for the others.
    places = learn.places_of(features, names)
    weights = learn.fit(places, answers, len(names), turns=3, rate=0.15, lasso=0.5, ridge=0.3)
    return "".join(chr(0xAC00 + code) for code in np.flatnonzero(chosen)), learn.table(names, weights, _ROWS)[0]


def main(folder: Path) -> None:
    known: dict[str, list[Document]] = defaultdict(list)
    held_out: dict[str, list[Document]] = defaultdict(list)
    numbers: Counter[str] = Counter()
    for name, document in documents(folder, divide):
        numbers[name] += 1
        (held_out if is_held_out(name, numbers[name]) else known)[name].append(document)
    syllables, table = train([document for part in known.values() for document in part])
    packed = base64.b64encode(zlib.compress(table.astype("<u2").tobytes(), 9)).decode()
    _FILE.write_text(
        json.dumps({"candidates": syllables, "weights": packed}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    sentences.tables.cache_clear()
    print("| text | documents | sentences | held out | F1 | precision | recall |\n|---|---|---|---|---|---|---|")
    for name, part in held_out.items():
        measured = scores([("".join(document), document) for document in part], _by_weights, "ko")
        counts = [len(known[name]), sum(map(len, known[name])), len(part)]
        print(f"| {name} | {' | '.join(map(str, counts))} | {' | '.join(f'{value:.3f}' for value in measured)} |")
    used = int((table & 0xFF).astype(bool).sum())
    print(f"{used} weights of {endings.FEATURES} kinds of features, {len(packed)} bytes packed")


def _by_weights(texts: list[str], language: str) -> list[Document]:
    divided: list[Document] = sentences.split_sentences(pa.array(texts, pa.large_string()), language).to_pylist()
    return divided


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
