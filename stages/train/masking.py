"""Choosing the words to predict, on the device, as a function of seed, step and position."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from stages.train.batch import IGNORE, Batch, Layout
from stages.train.counter import key, random_bits
from stages.train.vocabulary import Vocabulary

_MILLION = 1_000_000


class Masked(NamedTuple):
    """A batch with words hidden.

    input_ids: (rows, tokens). positions: (rows, width), places of the words to predict in the flattened batch, of
    which the unused ones at the end of each row are any place. targets: (rows, width), the tokens that stood there,
    IGNORE where unused.
    """

    input_ids: Tensor
    positions: Tensor
    targets: Tensor


@dataclass(frozen=True)
class Masker:
    """Hides a share of the ordinary tokens of every example: 80 % as [MASK], 10 % as another token, 10 % as they are.

    The share is met within one token in every example and exactly on average, and the number of places in a row never
    exceeds ``width``, whatever the row holds; so shapes are static and nothing is computed at places that are not
    predicted. ``whole_words`` hides all pieces of a word or none (and so a little less than the share).
    J. Devlin et al., BERT (2019), section 3.1; whole words: the authors' repository, May 2019.
    """

    seed: int
    parts_per_million: int
    whole_words: bool
    mask: int
    ordinary: Tensor
    special: Tensor
    opening: Tensor
    closing: Tensor

    @classmethod
    def of(
        cls, vocabulary: Vocabulary, *, seed: int, share: float, whole_words: bool, device: torch.device
    ) -> "Masker":
        return cls(
            seed=seed,
            parts_per_million=round(share * _MILLION),
            whole_words=whole_words,
            mask=vocabulary.mask,
            ordinary=torch.from_numpy(np.flatnonzero(~vocabulary.special)).to(device),
            special=torch.from_numpy(vocabulary.special).to(device),
            opening=torch.from_numpy(vocabulary.opening).to(device),
            closing=torch.from_numpy(vocabulary.closing).to(device),
        )

    def width(self, tokens: int) -> int:
        """The largest number of places in a row of ``tokens``."""
        return -(-tokens * self.parts_per_million // _MILLION)

    def __call__(self, batch: Batch, layout: Layout, step: int | str) -> Masked:
        rows, tokens = batch.input_ids.shape
        device = batch.input_ids.device
        column = torch.arange(tokens, device=device).expand(rows, tokens)
        row = torch.arange(rows, device=device)[:, None]
        number = (row + batch.first_row) * tokens + column

        candidate = ~self.special[batch.input_ids]
        quota = self._quota(candidate, batch, layout, random_bits(row + batch.first_row, key(self.seed, step, "share")))
        unit = self._word_starts(batch.input_ids, column) if self.whole_words else column

        # Sorting by slot first leaves every slot in its place, so the rank of a token within its slot is known.
        bits = random_bits(number, key(self.seed, step, "choice")).gather(1, unit)
        order = ((layout.slot << 33) | (~candidate << 32) | bits).sort(dim=1, stable=True).indices
        rank = column - layout.starts.gather(1, layout.slot)
        if self.whole_words:
            unit = unit.gather(1, order)
            pieces = torch.zeros_like(column).scatter_add(1, unit, torch.ones_like(column)).gather(1, unit)
            rank = rank - (order - unit) + pieces - 1
        chosen = (rank < quota.gather(1, layout.slot)) & candidate.gather(1, order)

        width = self.width(tokens)
        place = torch.where(chosen, chosen.cumsum(1) - 1, width)
        positions = torch.zeros((rows, width + 1), dtype=torch.long, device=device).scatter_(1, place, order)[:, :width]
        used = torch.arange(width, device=device) < chosen.sum(1, keepdim=True)
        targets = torch.where(used, batch.input_ids.gather(1, positions), IGNORE)

        number = number.gather(1, positions)
        fate = random_bits(number, key(self.seed, step, "fate")) % 10
        other = self.ordinary[random_bits(number, key(self.seed, step, "other")) % len(self.ordinary)]
        shown = torch.where(fate < 8, self.mask, torch.where(fate == 8, other, targets))
        # Unused places write to a column of their own, which is cut off again.
        wide = torch.cat([batch.input_ids, batch.input_ids[:, :1]], dim=1)
        hidden = wide.scatter_(1, torch.where(used, positions, tokens), shown)[:, :tokens]
        return Masked(hidden, positions + row * tokens, targets)

    def _quota(self, candidate: Tensor, batch: Batch, layout: Layout, offset: Tensor) -> Tensor:
        """Number of places in each slot: the running share, rounded down at both ends of the slot."""
        running = torch.nn.functional.pad(candidate.cumsum(1), (1, 0))
        shares = (running * self.parts_per_million + offset % _MILLION) // _MILLION
        return shares.gather(1, layout.starts + batch.lengths) - shares.gather(1, layout.starts)

    def _word_starts(self, input_ids: Tensor, column: Tensor) -> Tensor:
        """Column of the first piece of the word that each token belongs to."""
        before = torch.nn.functional.pad(self.closing[input_ids], (1, 0))[:, :-1]
        starts = (self.opening[input_ids] & before) == 0
        return torch.where(starts, column, 0).cummax(1).values
