"""Record batches between Beam workers as Arrow IPC.

Without a coder of its own Beam pickles a batch, and a pickled slice carries the whole parent buffer with it.
"""

import pyarrow as pa

from pipelines.core.beam import beam


class RecordBatchCoder(beam.coders.Coder):  # type: ignore[misc]
    """A batch as one Arrow IPC stream."""

    def encode(self, value: pa.RecordBatch) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, value.schema) as writer:
            writer.write_batch(value)
        encoded: bytes = sink.getvalue().to_pybytes()
        return encoded

    def decode(self, encoded: bytes) -> pa.RecordBatch:
        with pa.ipc.open_stream(encoded) as reader:
            return reader.read_next_batch()

    def is_deterministic(self) -> bool:
        return False


def register() -> None:
    """Make Beam use the coder for every ``pa.RecordBatch``."""
    beam.coders.registry.register_coder(pa.RecordBatch, RecordBatchCoder)
