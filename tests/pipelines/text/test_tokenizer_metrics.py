import json
import math
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from tokenizers import Tokenizer

from pipelines.options import TokenizerOptions
from pipelines.text import Encoder
from pipelines.text.tokenizer_file import tokenizer_json
from pipelines.text.tokenizer_metrics import TokenizerMeasure
from pipelines.text.vocabulary import Vocabulary

OPTIONS = TokenizerOptions(
    family="wordpiece",
    given=None,
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
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "말", "말모이", "##는", "##을", "책", "##이다", "."]
BATCHES = [
    [["말모이는 말을\n책이다. ", "책 힣 \u200b"], [], ["말모이는 책 "]],
    [["책 책 책"], ["\u3000"]],
]


def write(folder: Path, tokens: list[str]) -> Path:
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(tokenizer_json(Vocabulary(tokens), OPTIONS)), encoding="utf-8")
    return path


def test_figures_are_those_of_their_definitions(tmp_path: Path) -> None:
    path = write(tmp_path, TOKENS)
    measure, tokenizer = TokenizerMeasure(Encoder(path), 1), Tokenizer.from_file(str(path))
    for batch in BATCHES:
        measure.add(pa.array(batch, pa.list_(pa.string())))
    sentences = [sentence for batch in BATCHES for document in batch for sentence in document]
    frequencies = Counter(token for text in sentences for token in tokenizer.encode(text, add_special_tokens=False).ids)
    words = [word for text in sentences for word in text.split()]
    total = sum(frequencies.values())
    power = sum((count / total) ** 2.5 for count in frequencies.values())
    found = measure.figures()
    assert found["fertility"] == total / len(words)
    assert found["characters_per_token"] == sum(map(len, sentences)) / total
    assert found["unknown_rate"] == frequencies[1] / total == 1 / total
    # Of 책이다. and the zero-width space nothing is asked: 책, 책, 책, 책, 책 of nine words that are letters alone.
    assert found["whole_words"] == 5 / 9
    assert found["renyi_efficiency"] == pytest.approx(math.log(power) / -1.5 / math.log(len(TOKENS)))


def test_efficiency_is_one_where_all_tokens_are_as_frequent(tmp_path: Path) -> None:
    tokens = TOKENS[:5]
    measure = TokenizerMeasure(Encoder(write(tmp_path, tokens)), 1)
    measure.add(pa.array([[" ".join(tokens)]]))
    assert measure.figures()["renyi_efficiency"] == pytest.approx(1.0)


def test_a_text_without_words_has_figures_too(tmp_path: Path) -> None:
    measure = TokenizerMeasure(Encoder(write(tmp_path, TOKENS)), 1)
    measure.add(pa.array([["", ""], []], pa.list_(pa.string())))
    assert set(measure.figures().values()) == {0.0}
