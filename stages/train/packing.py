"""Packing examples into rows of a fixed number of tokens: which examples share a row, and in which order rows come."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stages.train.counter import key, permute
from stages.train.data import ExampleShards

WINDOW = 4096
_ROW_EXAMPLES = 8


@dataclass(frozen=True)
class RowShape:
    """What one packed row may hold: tokens, examples, and tokens of a single example."""

    tokens: int
    examples: int
    longest: int

    @classmethod
    def of(cls, longest: int, shards: ExampleShards) -> "RowShape":
        """Room for eight examples of the ``longest`` kind, and for four times as many as an average row has."""
        tokens = _ROW_EXAMPLES * longest
        return cls(tokens, max(_ROW_EXAMPLES, 4 * tokens * len(shards) // shards.tokens), longest)

    @property
    def slots(self) -> int:
        """Examples, and the pieces no longer than an example that fill up the row."""
        return self.examples + -(-self.tokens // self.longest)


class Row(NamedTuple):
    """Examples of one packed row and their lengths."""

    examples: NDArray[np.int64]
    lengths: NDArray[np.int64]


class Position(NamedTuple):
    """The next row: its epoch, its window within the epoch, and its place among the rows of the window."""

    epoch: int
    window: int
    row: int


START = Position(0, 0, 0)


def pack(lengths: NDArray[np.int64], shape: RowShape) -> list[list[int]]:
    """Indices into ``lengths``, grouped to rows: best fit, longest first.

    Rows with room are kept by the room they have left, and the set bits of an integer say which rooms there are, so
    that the tightest row is found without a search.
    """
    rows: list[list[int]] = []
    with_room: list[list[int]] = [[] for _ in range(shape.tokens + 1)]
    rooms = 0
    sizes = lengths.tolist()
    for index in np.argsort(-lengths, kind="stable").tolist():
        size = sizes[index]
        fitting = rooms >> size
        if fitting:
            room = size + (fitting & -fitting).bit_length() - 1
            row = with_room[room].pop()
            if not with_room[room]:
                rooms ^= 1 << room
        else:
            room, row = shape.tokens, len(rows)
            rows.append([])
        rows[row].append(index)
        room -= size
        if room and len(rows[row]) < shape.examples:
            with_room[room].append(row)
            rooms |= 1 << room
    return rows


class RowStream:
    """Endless packed rows over all epochs; every example comes exactly once per epoch.

    The order of the examples is a function of the seed and the epoch, and packing looks at one window of them at a
    time, so that ``position`` is all that a restart needs.
    """

    def __init__(self, shards: ExampleShards, shape: RowShape, seed: int, position: Position = START) -> None:
        self.position = position
        self._shards, self._shape, self._seed = shards, shape, seed
        self._windows = -(-len(shards) // WINDOW)
        self._packed: list[Row] = []
        self._packed_window = (-1, -1)

    def take(self, count: int) -> list[Row]:
        """The next ``count`` rows."""
        taken: list[Row] = []
        while len(taken) < count:
            epoch, window, first = self.position
            rows = self._rows(epoch, window)
            taken += rows[first : (last := min(first + count - len(taken), len(rows)))]
            if last < len(rows):
                self.position = Position(epoch, window, last)
            elif window + 1 < self._windows:
                self.position = Position(epoch, window + 1, 0)
            else:
                self.position = Position(epoch + 1, 0, 0)
        return taken

    def epoch(self) -> Iterator[Row]:
        """The rows that are left of the epoch."""
        epoch = self.position.epoch
        while self.position.epoch == epoch:
            yield from self.take(1)

    def _rows(self, epoch: int, window: int) -> list[Row]:
        if self._packed_window != (epoch, window):
            last = min((window + 1) * WINDOW, len(self._shards))
            order = np.arange(window * WINDOW, last, dtype=np.int64)
            examples = permute(order, len(self._shards), key(self._seed, "order", epoch))
            lengths = self._shards.lengths(examples)
            packed = pack(lengths, self._shape)
            # Best fit leaves rows of long examples first and of short ones last; steps should see them mixed.
            mixed = permute(np.arange(len(packed)), len(packed), key(self._seed, "rows", epoch, window))
            self._packed = [Row(examples[packed[row]], lengths[packed[row]]) for row in mixed.tolist()]
            self._packed_window = (epoch, window)
        return self._packed
