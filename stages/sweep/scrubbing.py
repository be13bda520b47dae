"""The scrubber of the pipeline, behind whose back some canaries are planted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from pipelines.core.schemas import COUNTS, DOCUMENT
from pipelines.core.tasks import Task
from pipelines.privacy.canaries import plant
from pipelines.scrub import Scrub


@dataclass(frozen=True)
class ScrubWithMisses:
    """``scrub``, and then the canaries that it is to miss: ``extra["missed"]``, as [id of the document, sentence].

    What is planted before, ``extra["plant"]``, goes through the scrubber like any other text.
    """

    scrub: Scrub
    schemas: ClassVar[Mapping[str, pa.Schema]] = {"documents": DOCUMENT, "counts": COUNTS}

    def __call__(self, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]:
        missed: dict[str, str] = dict(task.extra["missed"])
        for output, batch in self.scrub(task):
            yield output, _planted(batch, missed) if output == "documents" else batch


def _planted(batch: pa.RecordBatch, missed: Mapping[str, str]) -> pa.RecordBatch:
    texts = batch["text"]
    for row, identifier in enumerate(batch["id"].to_pylist()):
        if identifier in missed:
            texts = plant(texts, row, missed[identifier])
    return batch.set_column(batch.schema.get_field_index("text"), DOCUMENT.field("text"), texts)
