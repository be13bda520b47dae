"""Example shards and a tokenizer for the tests of training, made without the data half."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.schemas import example_schema

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[EMAIL]", "[PHONE]")
UNUSED = ("[unused0]", "[unused1]")
WORDS = tuple(f"w{index}" for index in range(60)) + tuple(f"##p{index}" for index in range(31))
TOKENS = SPECIAL + UNUSED + WORDS
FIRST_WORD = len(SPECIAL) + len(UNUSED)
CLS, SEP, MASK, EMAIL = 2, 3, 4, 5
LONGEST = 64


def write_tokenizer(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    added = [{"id": index, "content": token, "special": True, **flags} for index, token in enumerate(SPECIAL)]
    model = {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": {token: index for index, token in enumerate(TOKENS)},
    }
    nothing = dict.fromkeys(("truncation", "padding", "normalizer", "post_processor", "decoder"))
    content = {
        "version": "1.0",
        "added_tokens": added,
        "model": model,
        "pre_tokenizer": {"type": "Whitespace"},
        **nothing,
    }
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "mask_token": "[MASK]", **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "manifest.json").write_text("{}", encoding="utf-8")


def examples(count: int, longest: int, seed: int, *, pairs: bool = True) -> list[tuple[list[int], int, int]]:
    """Token ids, start of B and label. Every topic has words of its own, so that words and pairs can be learned."""
    choose = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        topic, label = int(choose.integers(10)), int(choose.integers(2))
        room = int(choose.integers(8, longest + 1)) if choose.random() < 0.3 else longest
        first = (room - 3) // 2
        other = (topic + label * int(choose.integers(1, 10))) % 10
        a, b = _words(topic, first, choose), _words(other, room - 3 - first, choose)
        if pairs:
            made.append(([CLS, *a, SEP, *b, SEP], first + 2, label))
        else:
            made.append(([CLS, *a, SEP], first + 2, -1))
    return made


def _words(topic: int, count: int, choose: np.random.Generator) -> list[int]:
    pattern = [FIRST_WORD + topic * 2, FIRST_WORD + topic * 2 + 1, EMAIL, FIRST_WORD + 60 + topic]
    shift = int(choose.integers(4))
    return [pattern[(place + shift) % 4] for place in range(count)]


def write_shards(folder: Path, parts: Mapping[str, list[list[tuple[list[int], int, int]]]]) -> None:
    """``parts``: train and validation, each a list of files, each a list of examples."""
    schema = example_schema(len(TOKENS))
    for part, files in parts.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(files):
            with pa.ipc.new_file(str(folder / part / f"{number:05d}.arrow"), schema) as writer:
                for start in range(0, len(content), 64):
                    writer.write_batch(_batch(content[start : start + 64], schema))
    (folder / "manifest.json").write_text(json.dumps(sorted(parts)), encoding="utf-8")


def _batch(content: list[tuple[list[int], int, int]], schema: pa.Schema) -> pa.RecordBatch:
    documents: NDArray[np.uint64] = np.arange(len(content), dtype=np.uint64)
    ids, segment_b, labels = zip(*content, strict=True)
    columns = [list(ids), list(segment_b), list(labels), documents, documents]
    return pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema)
