"""Losses of masked words and sentence pairs over packed examples, computed only where there is something to predict."""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from stages.train.batch import IGNORE, Batch, Layout
from stages.train.masking import Masked


class Scores(NamedTuple):
    """Logits at the masked places (places, vocabulary) and of the slots (slots, 2), and the answers to both."""

    words: Tensor
    pairs: Tensor
    word_targets: Tensor
    pair_targets: Tensor


class Losses(NamedTuple):
    """Sums, to be divided by the counts of the whole step."""

    words: Tensor
    pairs: Tensor


def score(model: Any, batch: Batch, layout: Layout, masked: Masked, apart: dict[str, Any]) -> Scores:
    """Run the model over one batch; ``apart`` comes from ``attention.keep_apart``.

    The head for words sees the masked places only (a sixth of the logits), and the head for pairs the [CLS] of every
    example, where the model's own ``forward`` would look at the first token of each row.
    """
    embedded = model.bert.embeddings(
        input_ids=masked.input_ids, token_type_ids=layout.token_type_ids, position_ids=layout.position_ids
    )
    hidden = model.bert.encoder(embedded, **apart).last_hidden_state
    rows, tokens, width = hidden.shape
    flat = hidden.view(rows * tokens, width)
    words = flat.index_select(0, masked.positions.flatten())
    # Slots that are not used start behind the end of their row, so the last one behind the end of all.
    row = torch.arange(rows, device=hidden.device)[:, None] * tokens
    first = (row + layout.starts).clamp(max=rows * tokens - 1)
    pairs = model.bert.pooler(flat.index_select(0, first.flatten())[:, None])
    return Scores(
        model.cls.predictions(words).float(),
        model.cls.seq_relationship(pairs).float(),
        masked.targets.flatten(),
        batch.labels.flatten(),
    )


def losses(model: Any, batch: Batch, layout: Layout, masked: Masked, apart: dict[str, Any]) -> Losses:
    """Summed losses of one batch."""
    scores = score(model, batch, layout, masked, apart)
    return Losses(
        cross_entropy(scores.words, scores.word_targets, ignore_index=IGNORE, reduction="sum"),
        cross_entropy(scores.pairs, scores.pair_targets, ignore_index=IGNORE, reduction="sum"),
    )
