"""Packed rows as tensors: one micro-batch of token ids, and the table of the examples in it."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from stages.train.data import ExampleShards
from stages.train.packing import Row, RowShape

IGNORE = -100


class Batch(NamedTuple):
    """``rows`` packed rows; every token belongs to a slot: an example, or a piece of the padding at the end of its row.

    input_ids: (rows, tokens) int64. lengths: (rows, slots) int64, tokens of each slot in order, 0 for a slot that is
    not used. segment_b: (rows, slots) int64, index within the slot where B starts. labels: (rows, slots) int64, IGNORE
    where there is no pair. first_row: number of the first row within the optimiser step.
    """

    input_ids: Tensor
    lengths: Tensor
    segment_b: Tensor
    labels: Tensor
    first_row: int

    def to(self, device: torch.device) -> "Batch":
        """The same batch on ``device``, copied without waiting where that is possible."""
        if device.type == "cpu":
            return self
        fields = self._asdict()
        del fields["first_row"]
        return self._replace(
            **{name: value.pin_memory().to(device, non_blocking=True) for name, value in fields.items()}
        )


def assemble(
    shards: ExampleShards, rows: list[Row], shape: RowShape, pad: int, first_row: int, size: int | None = None
) -> Batch:
    """Micro-batch of ``rows``, with empty rows appended up to ``size`` of them."""
    size = size or len(rows)
    examples = shards.gather(np.concatenate([row.examples for row in rows]))
    counts = np.array([len(row.examples) for row in rows])
    row_of = np.repeat(np.arange(len(rows)), counts)
    slot_of = np.arange(len(row_of)) - np.repeat(np.cumsum(counts) - counts, counts)
    lengths = np.zeros((size, shape.slots), np.int64)
    segment_b = np.zeros((size, shape.slots), np.int64)
    labels = np.full((size, shape.slots), IGNORE, np.int64)
    lengths[row_of, slot_of] = examples.lengths
    segment_b[row_of, slot_of] = examples.segment_b
    labels[row_of, slot_of] = np.where(examples.labels < 0, IGNORE, examples.labels)

    filled = lengths.sum(axis=1)
    first = np.zeros(size, np.int64)
    first[: len(rows)] = counts
    for piece in range(shape.slots - shape.examples):
        rest = np.clip(shape.tokens - filled - piece * shape.longest, 0, shape.longest)
        lengths[np.arange(size), first + piece] = rest

    input_ids = np.full(size * shape.tokens, pad, np.int64)
    starts = row_of * shape.tokens + (np.cumsum(lengths, axis=1) - lengths)[row_of, slot_of]
    before = np.cumsum(examples.lengths) - examples.lengths
    input_ids[np.repeat(starts - before, examples.lengths) + np.arange(len(examples.tokens))] = examples.tokens
    return Batch(
        torch.from_numpy(input_ids.reshape(size, shape.tokens)),
        torch.from_numpy(lengths),
        torch.from_numpy(segment_b),
        torch.from_numpy(labels),
        first_row,
    )


class Layout(NamedTuple):
    """Where each token and each slot of a batch stands.

    slot: (rows, tokens), slot of each token. starts: (rows, slots), first token of each slot within its row.
    position_ids, token_type_ids: (rows, tokens), restarting with every slot.
    """

    slot: Tensor
    starts: Tensor
    position_ids: Tensor
    token_type_ids: Tensor


def layout(batch: Batch) -> Layout:
    """Layout of a batch, computed on the device where it is."""
    rows, tokens = batch.input_ids.shape
    slots = batch.lengths.shape[1]
    device = batch.input_ids.device
    slot = torch.arange(slots, device=device).repeat(rows)
    slot = slot.repeat_interleave(batch.lengths.flatten(), output_size=rows * tokens).view(rows, tokens)
    starts = batch.lengths.cumsum(1) - batch.lengths
    position_ids = torch.arange(tokens, device=device) - starts.gather(1, slot)
    token_type_ids = (position_ids >= batch.segment_b.gather(1, slot)).long()
    return Layout(slot, starts, position_ids, token_type_ids)
