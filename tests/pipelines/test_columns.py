"""Columns read alone are those of the file."""

from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.columns import read_columns
from pipelines.core.arrow import ShardWriter, read_batches
from pipelines.core.schemas import DOCUMENT


@pytest.mark.parametrize("documents", [0, 1, 2500])
def test_columns_are_those_of_the_file(tmp_path: Path, documents: int) -> None:
    rows = [
        {"id": f"a:{number}", "source": "a", "lang": "ko", "text": "글 " * (number % 7), "meta": "{}"}
        for number in range(documents)
    ]
    path = tmp_path / "documents.arrow"
    with ShardWriter(path, DOCUMENT) as writer:
        writer.write(pa.RecordBatch.from_pylist(rows, DOCUMENT))
    found = list(read_columns(path, ["lang", "id"]))
    assert found == [batch.select(["id", "lang"]) for batch in read_batches(path)]
