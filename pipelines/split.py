"""Documents to lists of sentences."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from pipelines.core.arrow import list_buffers, read_batches
from pipelines.core.schemas import COUNTS, SENTENCES, counts_batch
from pipelines.core.tasks import Task
from pipelines.options import SplitOptions
from pipelines.text.sentences import split_sentences


@dataclass(frozen=True)
class Split:
    """Cuts every text of a shard into sentences that, joined, give the text back."""

    options: SplitOptions
    schemas: ClassVar[Mapping[str, pa.Schema]] = {"documents": SENTENCES, "counts": COUNTS}

    def __call__(self, task: Task) -> Iterator[tuple[str, pa.RecordBatch]]:
        for batch in read_batches(task.inputs[0].path):
            sentences = split_sentences(batch["text"], "auto", backend=self.options.backend)
            columns = [batch["id"], batch["source"], batch["lang"], sentences.cast(SENTENCES.field("sentences").type)]
            yield "documents", pa.record_batch([*columns, batch["meta"]], SENTENCES)
            offsets, _ = list_buffers(sentences)
            counts = {"documents": batch.num_rows, "sentences": int(offsets[-1])}
            counts["single_sentence_documents"] = int((np.diff(offsets) == 1).sum())
            yield "counts", counts_batch(counts)
