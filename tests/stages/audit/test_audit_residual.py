"""The second look at the shards counts what is long and joined, and nothing across examples."""

from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.core.arrow import ShardWriter
from pipelines.core.errors import MalmoiError
from pipelines.core.schemas import example_schema
from stages.audit.residual import residual

PIECES = [
    "[CLS]",
    *"0123456789",
    *(f"##{digit}" for digit in range(10)),
    "-",
    ".",
    ",",
    "말",
    "a@b",
    "[PHONE]",
    "12345",
]
VOCABULARY = {piece: index for index, piece in enumerate(PIECES)}


def write(folder: Path, name: str, examples: list[list[str]]) -> None:
    schema = example_schema(len(VOCABULARY))
    rows = [{"input_ids": [VOCABULARY[piece] for piece in pieces]} for pieces in examples]
    empty = {field.name: 0 for field in schema if field.name != "input_ids"}
    with ShardWriter(folder / name / "00000.arrow", schema) as writer:
        writer.write(pa.RecordBatch.from_pylist([row | empty for row in rows], schema))


def pieces(number: str) -> list[str]:
    """A number as WordPiece cuts it where digits are single pieces."""
    return [
        f"##{each}" if index and each.isdigit() and number[index - 1].isdigit() else each
        for index, each in enumerate(number)
    ]


def test_long_numbers_and_at_signs_are_counted_wherever_they_stand(tmp_path: Path) -> None:
    long = ["말", *pieces("010-1234-5678"), "말"]
    write(
        tmp_path, "train", [long, ["a@b"], [*pieces("1.234.567"), "말", "12345", "말", "[PHONE]"], ["12345", "12345"]]
    )
    write(tmp_path, "validation", [pieces("12345678"), pieces("12345678"), pieces("123,456,789,012"), long])
    found = residual(tmp_path, VOCABULARY)
    assert (found["digit_runs"], found["at_signs"]) == (3, 1)
    assert found["per_million_tokens"] == pytest.approx(4e6 / found["tokens"], abs=1e-3)


def test_shards_that_are_missing_are_told(tmp_path: Path) -> None:
    with pytest.raises(MalmoiError, match="no examples to look through"):
        residual(tmp_path, VOCABULARY)
