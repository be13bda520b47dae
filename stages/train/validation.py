"""Held-out loss and accuracy, always over the same rows with the same words hidden, and what guessing would score."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from stages.train.batch import IGNORE
from stages.train.feed import Fed, Feed
from stages.train.objective import Scores, score
from stages.train.packing import Row, RowStream

Figures = dict[str, float]
"""mlm_loss, mlm_accuracy, and where there are pairs nsp_loss and nsp_accuracy (for SOP as well)."""


@dataclass(frozen=True)
class Validation:
    """The held-out rows and how they are fed."""

    feed: Feed
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, feed: Feed, seed: int, tokens: int) -> "Validation":
        """The first rows of the held-out shards, in an order drawn from the seed, up to about ``tokens``."""
        rows, found = list[Row](), 0
        for row in RowStream(feed.shards, feed.shape, seed).epoch():
            if found >= tokens:
                break
            rows.append(row)
            found += int(row.lengths.sum())
        return cls(feed, tuple(rows))

    def run(self, model: Any) -> Figures:
        """Score the model, its training mode left as it was."""
        training = model.training
        model.eval()
        sums = torch.zeros(6, dtype=torch.float64, device=self.feed.machine.device)
        with torch.no_grad(), self.feed.machine.precision():
            for fed in self._fed():
                sums += _sums(score(model, *fed))
        model.train(training)
        return self._figures(sums)

    def baselines(self, token_counts: NDArray[np.int64], label_counts: NDArray[np.int64]) -> Figures:
        """What the relative frequency of tokens and of labels in the training shards scores on the same places."""
        ordinary = ~self.feed.masker.special.cpu()
        counts = torch.where(ordinary, torch.from_numpy(token_counts) + 1, 0).double()
        words = (counts / counts.sum()).log().float().to(self.feed.machine.device)
        pairs = (torch.from_numpy(label_counts) + 1).double()
        pairs = (pairs / pairs.sum()).log().float().to(self.feed.machine.device)
        sums = torch.zeros(6, dtype=torch.float64, device=self.feed.machine.device)
        for fed in self._fed():
            targets, labels = fed.masked.targets.flatten(), fed.batch.labels.flatten()
            targets, labels = targets[targets != IGNORE], labels[labels != IGNORE]
            sums += _sums(Scores(words.expand(len(targets), -1), pairs.expand(len(labels), -1), targets, labels))
        return self._figures(sums)

    def _fed(self) -> Iterator[Fed]:
        yield from self.feed(self.rows, "validation")

    def _figures(self, sums: torch.Tensor) -> Figures:
        self.feed.machine.add_up([sums])
        word_loss, words_right, words, pair_loss, pairs_right, pairs = sums.tolist()
        figures = {"mlm_loss": word_loss / max(words, 1), "mlm_accuracy": words_right / max(words, 1)}
        if pairs:
            figures |= {"nsp_loss": pair_loss / pairs, "nsp_accuracy": pairs_right / pairs}
        return figures


def _sums(scores: Scores) -> torch.Tensor:
    sums = []
    for logits, targets in ((scores.words, scores.word_targets), (scores.pairs, scores.pair_targets)):
        sums += [
            cross_entropy(logits, targets, ignore_index=IGNORE, reduction="sum"),
            (logits.argmax(1) == targets).sum(),
            (targets != IGNORE).sum(),
        ]
    return torch.stack([value.double() for value in sums])
