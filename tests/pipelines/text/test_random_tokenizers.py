"""Tokenizers that nobody would train: merges across characters and out of order, scores that tie."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from tokenizers import Tokenizer

from pipelines.text.byte_pairs import byte_characters
from pipelines.text.encoder import Encoder
from pipelines.text.unigram import METASPACE, NORMALIZER

LETTERS = "가각나는다말모이을를에서닭힣히꿈abcdef'st漢😀é\u0301"
BETWEEN = ["  ", "\n", "\u3000", "\x00", "▁", "▁▁", ".", "12", "½", "[MASK]", "말모[X]", "'s "]
DIGITS = {"type": "Digits", "individual_digits": True}
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}


class Draw:
    """Words and texts over a few letters, so that they have much in common."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.letters = random.sample(LETTERS, random.randint(3, 8))

    def word(self, longest: int = 5) -> str:
        return "".join(self.random.choices(self.letters, k=self.random.randint(1, longest)))

    def text(self) -> str:
        parts = [self.word(), f" {self.word()}", f" {self.word()}", self.word(1) * self.random.randint(1, 90)]
        return "".join(self.random.choice([*parts, *BETWEEN]) for _ in range(self.random.randint(0, 9)))


def byte_pairs(draw: Draw) -> dict[str, Any]:
    characters = byte_characters()
    words = [[characters[byte] for byte in f"{draw.random.choice(['', ' '])}{draw.word()}".encode()] for _ in range(30)]
    vocabulary = {character: index for index, character in enumerate(characters)}
    merges: list[tuple[str, str]] = []
    for _ in range(draw.random.randint(5, 120)):
        pairs = sorted({pair for word in words for pair in pairwise(word)} - set(merges))
        if not pairs:
            break
        left, right = draw.random.choice(pairs)
        merges.append((left, right))
        vocabulary.setdefault(left + right, len(vocabulary))
        for word in words:
            place = 0
            while place + 1 < len(word):
                if (word[place], word[place + 1]) == (left, right):
                    word[place : place + 2] = [left + right]
                place += 1
    if draw.random.random() < 0.3:
        draw.random.shuffle(merges)
    model = {"type": "BPE", "vocab": vocabulary, "merges": [list(pair) for pair in merges]}
    steps = draw.random.choice([BYTES, {"type": "Sequence", "pretokenizers": [DIGITS, BYTES]}])
    return {"model": model, "normalizer": None, "pre_tokenizer": steps, "decoder": BYTES}


def unigram(draw: Draw) -> dict[str, Any]:
    scores: list[Callable[[], float]] = [
        lambda: -2.0,
        lambda: -float(draw.random.randint(1, 6)),
        lambda: -12 * draw.random.random(),
    ]
    score = draw.random.choice(scores)
    tokens = {"[UNK]": 0.0, "▁": score(), "1": score()}
    for _ in range(draw.random.randint(3, 80)):
        tokens.setdefault(f"{draw.random.choice(['', '▁'])}{draw.word(4)}", score())
    vocabulary = list(tokens.items())
    draw.random.shuffle(vocabulary)
    unknown = [token for token, _ in vocabulary].index("[UNK]")
    model = {"type": "Unigram", "unk_id": unknown, "vocab": [list(pair) for pair in vocabulary], "byte_fallback": False}
    steps = draw.random.choice([METASPACE, {"type": "Sequence", "pretokenizers": [METASPACE, DIGITS]}])
    return {"model": model, "normalizer": NORMALIZER, "pre_tokenizer": steps, "decoder": METASPACE}


@pytest.mark.parametrize("make", [byte_pairs, unigram])
def test_ids_are_those_of_tokenizers(tmp_path: Path, make: Callable[[Draw], dict[str, Any]]) -> None:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    path = tmp_path / "tokenizer.json"
    different = []
    for seed in range(50):
        draw = Draw(Random(seed))
        content = make(draw)
        size = len(content["model"]["vocab"])
        content["added_tokens"] = [
            {"id": size + index, "content": name, "special": True, **flags}
            for index, name in enumerate(["[PAD]", "[MASK]", "말모[X]"])
        ]
        whole = {"version": "1.0", "truncation": None, "padding": None, "post_processor": None, **content}
        path.write_text(json.dumps(whole), encoding="utf-8")
        texts = [draw.text() for _ in range(40)]
        expected = Tokenizer.from_file(str(path)).encode_batch(texts, add_special_tokens=False)
        if Encoder(path).encode(pa.array(texts)).to_pylist() != [one.ids for one in expected]:
            different.append(seed)
    assert not different
