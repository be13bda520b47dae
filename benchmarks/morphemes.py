"""Where tokens end and where morphemes end: what tokenizer.morphemes does to a vocabulary.

A vocabulary is trained on Korean petitions and reviews without and with the rules (and with Kiwi, where it is
installed), and the words of the hand-annotated Korean Universal Dependencies treebanks are encoded. Counted are words
of Hangul whose morphemes are not fused. The rules were looked over on these words when they were written, so their
figures are an upper bound.

    python -m benchmarks.morphemes [path of the data folder]
"""

import re
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
from tokenizers import Tokenizer

from benchmarks.clean_text import corpora
from benchmarks.machine import machine_name
from pipelines.options import TokenizerOptions
from pipelines.text.morphemes import Morphemes
from pipelines.text.tokenizer_file import save_tokenizer
from pipelines.text.vocabulary import train
from pipelines.text.words import count_words

VOCABULARY = 16_000


def annotated_words(folder: Path) -> Iterator[tuple[str, set[int]]]:
    """Words and where a morpheme ends within them, in syllables."""
    for path in sorted(folder.glob("ko_ud_*/*.conllu")):
        for line in path.read_text(encoding="utf-8").splitlines():
            columns = line.split("\t")
            if len(columns) == 10 and re.fullmatch("[가-힣]+", columns[1]):
                morphemes = columns[2].split("+")
                if "".join(morphemes) == columns[1]:
                    yield columns[1], set(accumulate(len(morpheme) for morpheme in morphemes[:-1]))


def main(folder: Path) -> None:
    print(machine_name())
    texts = corpora(folder)
    counted = count_words(
        pa.array(texts["ko_petitions"] + texts["ko_nsmc_raw"], pa.large_string()), lowercase=False, split_digits=True
    )
    words = list(annotated_words(folder))
    print(f"{len(words):,} annotated words; WordPiece vocabularies of {VOCABULARY:,}")
    print(f"{'morphemes':12}{'found':>8}{'of token ends':>16}{'tokens per word':>18}{'seconds to train':>20}")
    ways: list[Morphemes] = ["none", "rules"]
    if find_spec("kiwipiepy"):
        ways.append("kiwi")
    for way in ways:
        options = TokenizerOptions(
            family="wordpiece",
            given=None,
            vocabulary_size=VOCABULARY,
            minimum_frequency=2,
            minimum_character_count=1,
            unused=100,
            lowercase=False,
            split_digits=True,
            language_exponent=1.0,
            morphemes=way,
            model_max_length=512,
        )
        start = time.process_time()
        vocabulary = train(*counted, options)
        seconds = time.process_time() - start
        with tempfile.TemporaryDirectory() as temporary:
            save_tokenizer(vocabulary, options, Path(temporary))
            tokenizer = Tokenizer.from_file(str(Path(temporary, "tokenizer.json")))
        encoded = tokenizer.encode_batch([word for word, _ in words], add_special_tokens=False)
        ends = [{stop for _, stop in one.offsets[:-1]} for one in encoded]
        right = sum(len(own & gold) for own, (_, gold) in zip(ends, words, strict=True))
        found = right / sum(len(gold) for _, gold in words)
        fertility = sum(len(one.ids) for one in encoded) / len(words)
        print(f"{way:12}{found:8.3f}{right / sum(map(len, ends)):16.3f}{fertility:18.3f}{seconds:20.1f}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
