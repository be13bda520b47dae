"""Tokenizer: the same file whatever the order and the cut of the corpus, and one that transformers loads."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from documents import write_dataset
from transformers import AutoTokenizer

from pipelines.core.errors import MalmoiError
from pipelines.core.machine import Machine
from pipelines.core.schemas import SENTENCES
from pipelines.core.verbs import Job
from pipelines.options import TokenizerOptions
from pipelines.privacy import PLACEHOLDERS
from pipelines.tokenizer import build_tokenizer

OPTIONS = TokenizerOptions(
    family="wordpiece",
    given=None,
    vocabulary_size=220,
    minimum_frequency=2,
    minimum_character_count=1,
    unused=4,
    lowercase=False,
    split_digits=True,
    language_exponent=1.0,
    morphemes="none",
    model_max_length=128,
)
SENTENCES_OF = [
    ["말모이는 말을 모은다. ", "우리말을 모은 책이다."],
    ["연락은 [PHONE]로 한다. ", "The words are gathered. ", "Words and words, 2026."],
    ["말모이의 말은 우리의 말이다."],
]


def build(
    folder: Path, sources: Mapping[str, Sequence[Sequence[Sequence[str]]]], options: TokenizerOptions = OPTIONS
) -> dict[str, object]:
    data = {
        key: write_dataset(
            folder / key,
            [[{"id": f"{key}{n}", "lang": "ko", "sentences": s} for n, s in enumerate(shard)] for shard in shards],
            SENTENCES,
        )
        for key, shards in sources.items()
    }
    job = Job("tokenizer", folder / "work", Machine(mode="in_memory"))
    return build_tokenizer(data, options, PLACEHOLDERS, folder / "tokenizer", job)


@pytest.mark.parametrize(
    "sources",
    [
        {"a": [SENTENCES_OF[:1], SENTENCES_OF[1:]]},
        {"a": [SENTENCES_OF[::-1]]},
        {"a": [SENTENCES_OF[2:]], "b": [SENTENCES_OF[:2]]},
    ],
)
def test_order_and_cut_of_the_corpus_do_not_matter(
    tmp_path: Path, sources: dict[str, Sequence[Sequence[list[str]]]]
) -> None:
    build(tmp_path / "one", {"a": [SENTENCES_OF]})
    build(tmp_path / "two", sources)
    files = ["tokenizer.json", "tokenizer_config.json", "vocab.txt"]
    for name in files:
        assert (tmp_path / "one/tokenizer" / name).read_bytes() == (tmp_path / "two/tokenizer" / name).read_bytes()


def test_transformers_loads_it_and_korean_does_not_come_out_unknown(tmp_path: Path) -> None:
    metrics = build(tmp_path, {"a": [SENTENCES_OF]})
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "tokenizer")
    tokens = tokenizer.tokenize("말모이의 우리말 [PHONE]로 2026")
    assert "[UNK]" not in tokens and "[PHONE]" in tokens and tokens[-4:] == ["2", "0", "2", "6"]
    assert tokenizer.convert_ids_to_tokens([0, 1, 2, 3, 4]) == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    languages = metrics["languages"]
    assert isinstance(languages, dict)
    assert languages["ko"]["unknown_rate"] == 0 and languages["ko"]["fertility"] > 1
    assert metrics["vocabulary"] == 220


def test_a_small_language_gets_tokens_when_counts_are_smoothed(tmp_path: Path) -> None:
    rows = [
        {"id": f"{n}", "lang": "en", "sentences": [f"gathered words number {n % 7} of words "] * 40} for n in range(50)
    ]
    rows.append({"id": "ko", "lang": "ko", "sentences": ["말모이는 우리말을 모은다. "] * 3})
    data = {"a": write_dataset(tmp_path / "a", [rows], SENTENCES)}
    learned = {}
    for exponent in (1.0, 0.0):
        options = replace(OPTIONS, minimum_frequency=10, language_exponent=exponent)
        folder = tmp_path / f"tokenizer{exponent}"
        build_tokenizer(
            data, options, PLACEHOLDERS, folder, Job("tokenizer", tmp_path / "work", Machine(mode="in_memory"))
        )
        learned[exponent] = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    assert "우리말을" in learned[0.0] and "우리말을" not in learned[1.0]
    assert "gathered" in learned[0.0] and "gathered" in learned[1.0]


def test_a_corpus_without_a_word_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MalmoiError, match="no document is left of a, b"):
        build(tmp_path, {"a": [[]], "b": [[[]]]})


def test_a_given_tokenizer_is_taken_as_it_is(tmp_path: Path) -> None:
    first, more = {"a": [SENTENCES_OF]}, {"a": [SENTENCES_OF], "b": [[["다른 글에는 다른 낱말이 있다. "] * 9]]}
    build(tmp_path / "first", first)
    trained = tmp_path / "first" / "tokenizer"
    options = replace(OPTIONS, given=str(trained / "tokenizer.json"))
    build(tmp_path / "again", more)
    metrics = build(tmp_path / "again", more, options)
    kept = tmp_path / "again" / "tokenizer"
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        assert (kept / name).read_bytes() == (trained / name).read_bytes()
    build(tmp_path / "trained", more)
    assert (tmp_path / "trained" / "tokenizer" / "vocab.txt").read_bytes() != (kept / "vocab.txt").read_bytes()
    assert "ko" in metrics["languages"] and "words" not in metrics  # type: ignore[operator]
    left = list((tmp_path / "again" / "work").rglob("*.arrow"))
    assert not left, "words that were counted before may be of texts that are gone"
    with pytest.raises(MalmoiError, match="no document is left of a"):
        build(tmp_path / "empty", {"a": [[]]}, options)


def test_a_given_tokenizer_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    sources = {"a": [SENTENCES_OF]}
    build(tmp_path / "first", sources)
    path = tmp_path / "first" / "tokenizer" / "tokenizer.json"
    options = replace(OPTIONS, given=str(path))
    with pytest.raises(MalmoiError, match=r"tokenizer\.json: a tokenizer of the family wordpiece"):
        build(tmp_path / "other", sources, replace(options, family="bpe"))
    content = json.loads(path.read_text(encoding="utf-8"))
    content["added_tokens"] = [token for token in content["added_tokens"] if token["content"] != PLACEHOLDERS[0]]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(
        MalmoiError, match=re.escape(f"tokenizer.json: {PLACEHOLDERS[0]} missing from its added tokens")
    ):
        build(tmp_path / "lacking", sources, options)
