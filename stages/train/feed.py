"""From packed rows to what the model takes: assembled, on the device, with words hidden."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from stages.train import attention
from stages.train.batch import Batch, Layout, assemble, layout
from stages.train.data import ExampleShards
from stages.train.machine import Machine
from stages.train.masking import Masked, Masker
from stages.train.packing import Row, RowShape


class Fed(NamedTuple):
    """One micro-batch, in the order in which ``objective.score`` takes it."""

    batch: Batch
    layout: Layout
    masked: Masked
    apart: dict[str, Any]


@dataclass(frozen=True)
class Feed:
    """Micro-batches of at most ``micro_rows`` rows, on a GPU all of the same shape."""

    shards: ExampleShards
    shape: RowShape
    masker: Masker
    machine: Machine
    kind: attention.Kind
    pad: int
    micro_rows: int

    def __call__(self, rows: Sequence[Row], step: int | str) -> Iterator[Fed]:
        """This process's part of the rows of a step; what is hidden depends on the step and the place in it alone."""
        first, own = self.machine.share(rows)
        parts = -(-len(own) // self.micro_rows)
        size = -(-len(own) // max(1, parts))
        for start in range(0, len(own), max(1, size)):
            part = list(own[start : start + size])
            static = size if self.machine.device.type == "cuda" else None
            batch = assemble(self.shards, part, self.shape, self.pad, first + start, static).to(self.machine.device)
            places = layout(batch)
            masked = self.masker(batch, places, step)
            yield Fed(batch, places, masked, attention.keep_apart(self.kind, batch, places, self.shape.longest))
