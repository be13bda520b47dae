"""Which words are hidden, and how."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from train_samples import EMAIL, FIRST_WORD, LONGEST, MASK, SPECIAL, TOKENS, examples, write_shards, write_tokenizer

from stages.train.batch import IGNORE, Batch, Layout, assemble, layout
from stages.train.counter import random_bits
from stages.train.data import ExampleShards
from stages.train.masking import Masked, Masker
from stages.train.packing import Row, RowShape, RowStream
from stages.train.vocabulary import Vocabulary

SHARE = 0.15


class Sample:
    """Packed rows of some shards, and what is hidden in them."""

    def __init__(self, folder: Path) -> None:
        write_tokenizer(folder / "tokenizer")
        write_shards(folder, {"train": [examples(900, LONGEST, 1)]})
        self.vocabulary = Vocabulary.read(folder / "tokenizer")
        self.shards = ExampleShards(folder / "train")
        self.shape = RowShape.of(LONGEST, self.shards)
        self.rows = list(RowStream(self.shards, self.shape, seed=1).epoch())

    def masker(self, *, whole_words: bool = False, share: float = SHARE) -> Masker:
        return Masker.of(self.vocabulary, seed=5, share=share, whole_words=whole_words, device=torch.device("cpu"))

    def batch(self, rows: list[Row], first_row: int = 0) -> tuple[Batch, Layout]:
        batch = assemble(self.shards, rows, self.shape, self.vocabulary.pad, first_row)
        return batch, layout(batch)

    def steps(self, masker: Masker, count: int = 20) -> Iterator[tuple[Batch, Layout, Masked]]:
        batch, places = self.batch(self.rows)
        for step in range(count):
            yield batch, places, masker(batch, places, step)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("masking"))


def hidden(batch: Batch, masked: Masked) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Flat places, what stood there and what is shown there."""
    used = masked.targets != IGNORE
    places = masked.positions[used]
    return places, batch.input_ids.flatten()[places], masked.input_ids.flatten()[places]


def test_special_tokens_are_never_hidden_nor_put_in_place_of_a_word(sample: Sample) -> None:
    special = torch.from_numpy(sample.vocabulary.special)
    assert [token for token, flag in zip(TOKENS, sample.vocabulary.special, strict=True) if flag] == [
        *SPECIAL,
        "[unused0]",
        "[unused1]",
    ]
    for batch, _, masked in sample.steps(sample.masker(share=0.9)):
        _, was, shown = hidden(batch, masked)
        assert not special[was].any()
        assert not special[shown[shown != MASK]].any()
        assert batch.input_ids.eq(EMAIL).sum() == masked.input_ids.eq(EMAIL).sum()


def test_targets_are_what_stood_there_and_everything_else_stays(sample: Sample) -> None:
    for batch, _, masked in sample.steps(sample.masker(), 3):
        places, was, _ = hidden(batch, masked)
        assert masked.targets[masked.targets != IGNORE].tolist() == was.tolist()
        assert len(set(places.tolist())) == len(places)
        rest = torch.ones(batch.input_ids.numel(), dtype=torch.bool)
        rest[places] = False
        assert torch.equal(masked.input_ids.flatten()[rest], batch.input_ids.flatten()[rest])


@pytest.mark.parametrize("share", [0.05, SHARE, 0.4])
def test_every_example_gets_its_share_within_one_word(sample: Sample, share: float) -> None:
    total, ordinary = 0, 0
    for batch, places, masked in sample.steps(sample.masker(share=share)):
        where, _, _ = hidden(batch, masked)
        slot = places.slot + torch.arange(len(batch.lengths))[:, None] * batch.lengths.shape[1]
        candidates = torch.bincount(slot[batch.input_ids >= FIRST_WORD], minlength=batch.lengths.numel())
        chosen = torch.bincount(slot.flatten()[where], minlength=batch.lengths.numel())
        assert ((chosen - share * candidates).abs() < 1).all()
        total, ordinary = total + len(where), ordinary + int(candidates.sum())
    assert total / ordinary == pytest.approx(share, rel=0.01)


def test_eighty_ten_ten(sample: Sample) -> None:
    was, shown = (
        torch.cat(parts)
        for parts in zip(
            *(hidden(batch, masked)[1:] for batch, _, masked in sample.steps(sample.masker(), 60)), strict=True
        )
    )
    assert len(was) > 100_000
    assert (shown == MASK).double().mean().item() == pytest.approx(0.8, abs=0.01)
    assert (shown == was).double().mean().item() == pytest.approx(0.1, abs=0.01)
    other = shown[(shown != MASK) & (shown != was)]
    counts = torch.bincount(other, minlength=len(TOKENS))[FIRST_WORD:].double()
    assert (counts > 0.7 * counts.mean()).all()


def test_masks_do_not_depend_on_how_the_batch_is_split(sample: Sample) -> None:
    masker, rows = sample.masker(), sample.rows[:12]
    whole = masker(*sample.batch(rows), step=9)
    for cuts in ([0, 12], [0, 5, 12], [0, 1, 2, 9, 12]):
        parts = [masker(*sample.batch(rows[first:last], first), step=9) for first, last in pairwise(cuts)]
        assert torch.equal(torch.cat([part.input_ids for part in parts]), whole.input_ids)
        assert torch.equal(torch.cat([part.targets for part in parts]), whole.targets)


def test_masks_are_drawn_anew_for_every_step_and_seed(sample: Sample) -> None:
    batch, places = sample.batch(sample.rows)
    masker = sample.masker()
    first, again, second = (masker(batch, places, step) for step in (1, 1, 2))
    assert torch.equal(first.input_ids, again.input_ids)
    same = len(np.intersect1d(hidden(batch, first)[0], hidden(batch, second)[0])) / len(hidden(batch, first)[0])
    assert same == pytest.approx(SHARE, abs=0.02)


def test_shapes_do_not_depend_on_the_content(sample: Sample) -> None:
    masker = sample.masker()
    width = masker.width(sample.shape.tokens)
    full = [([2, *[FIRST_WORD] * (LONGEST - 2), 3], LONGEST, -1)]
    for row in (sample.rows[:1], sample.rows[-1:]):
        assert masker(*sample.batch(row), step=0).targets.shape == (1, width)
    assert width == -(-len(full[0][0]) * 8 * 15 // 100)


def test_whole_words_are_hidden_whole_or_not_at_all(sample: Sample) -> None:
    words = torch.randint(0, 4, (3000,), generator=torch.Generator().manual_seed(0))
    pieces = [piece for word in words.tolist() for piece in [FIRST_WORD + word] + [FIRST_WORD + 60 + word] * word]
    ids = torch.tensor([2, *pieces[:1000], 3, 0, 0])[None]
    lengths = torch.tensor([[1002, 2]])
    ignore = torch.tensor([[IGNORE, IGNORE]])
    batch = Batch(ids, lengths, lengths, ignore, first_row=0)
    masker = sample.masker(whole_words=True)
    counts = []
    for step in range(30):
        masked = masker(batch, layout(batch), step)
        chosen = torch.zeros(1004, dtype=torch.bool)
        chosen[hidden(batch, masked)[0]] = True
        word = torch.cumsum(ids[0] < FIRST_WORD + 60, 0)
        for number in range(1, int(word.max()) + 1):
            assert len(set(chosen[word == number].tolist())) == 1
        counts.append(int(chosen.sum()))
    assert 145 <= min(counts) <= max(counts) <= 151


def test_random_bits_are_uniform_and_keep_their_values() -> None:
    bits = random_bits(torch.arange(1 << 16), key=0x0123456789ABCDEF)
    assert int(bits.min()) >= 0
    assert int(bits.max()) < 1 << 32
    counts = torch.bincount(bits >> 26, minlength=64).double()
    assert float(((counts - 1024) ** 2 / 1024).sum()) < 110  # chi-squared, 63 degrees of freedom, far tail
    assert len(set(bits.tolist())) == 1 << 16
    slow = [lowbias32((lowbias32(position ^ 0x89ABCDEF) + 0x01234567) % 2**32) for position in range(100)]
    assert bits[:100].tolist() == slow


def lowbias32(value: int) -> int:
    value = (value ^ value >> 16) * 0x7FEB352D % 2**32
    value = (value ^ value >> 15) * 0x846CA68B % 2**32
    return value ^ value >> 16
