import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipelines.options import TokenizerOptions
from pipelines.text import Encoder
from pipelines.text.tokenizer_file import tokenizer_json
from pipelines.text.tokenizer_metrics import WordCounts, measure_words, white_space_words
from pipelines.text.vocabulary import Vocabulary

TEXTS = ["말모이는 말을\n모은다.  말모이는 책이다. ", "", "책이다. \u3000abc 힣"]


def test_words_are_what_white_space_separates() -> None:
    arrays = [pa.array(TEXTS[:1]), pa.array(TEXTS[1:], pa.large_string()), pa.array(["책이다."])]
    found = white_space_words(arrays)
    expected = Counter(" ".join([*TEXTS, "책이다."]).split())
    assert dict(zip(found.words.to_pylist(), found.counts.tolist(), strict=True)) == expected
    assert len(white_space_words([]).words) == 0


def test_figures_are_those_of_their_definitions(tmp_path: Path) -> None:
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "말", "말모이", "##는", "##을", "책", "##이다", "."]
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(tokenizer_json(Vocabulary(tokens), OPTIONS)), encoding="utf-8")
    words = {"말모이는": 2, "말을": 1, "책": 4, "책이다.": 1, "힣": 3, "\u200b": 1}
    cut = {"말모이는": ["말모이", "##는"], "말을": ["말", "##을"], "책": ["책"], "책이다.": ["책", "##이다", "."]}
    cut |= {"힣": ["[UNK]"], "\u200b": []}
    found = measure_words(Encoder(path), 1, WordCounts(pa.array(list(words)), np.array(list(words.values()))))
    frequencies = Counter(token for word, pieces in cut.items() for token in pieces * words[word])
    total = sum(frequencies.values())
    power = sum((count / total) ** 2.5 for count in frequencies.values())
    assert found.fertility == total / 12
    assert found.whole_words == 4 / 12
    assert found.unknown_rate == 3 / total
    assert found.characters_per_token == sum(len(word) * count for word, count in words.items()) / total
    assert found.renyi_efficiency == pytest.approx(math.log(power) / -1.5 / math.log(len(tokens)))


def test_efficiency_is_one_where_all_tokens_are_as_frequent(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    tokens = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]"]
    path.write_text(json.dumps(tokenizer_json(Vocabulary(tokens), OPTIONS)), encoding="utf-8")
    words = WordCounts(pa.array(tokens), np.full(5, 7))
    assert measure_words(Encoder(path), 0, words).renyi_efficiency == pytest.approx(1.0)


OPTIONS = TokenizerOptions(
    family="wordpiece",
    vocabulary_size=32,
    minimum_frequency=1,
    minimum_character_count=1,
    unused=0,
    lowercase=False,
    split_digits=False,
    language_exponent=1.0,
    morphemes="none",
    model_max_length=32,
)
