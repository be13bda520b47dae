"""Packed rows give the losses and gradients that the same examples give one at a time in the stock model."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch._dynamo.testing import CompileCounter
from train_samples import LONGEST, examples, write_shards, write_tokenizer

from stages.train import attention, model
from stages.train.batch import IGNORE, assemble, layout
from stages.train.data import ExampleShards
from stages.train.masking import Masked, Masker
from stages.train.objective import losses
from stages.train.packing import RowShape, RowStream
from stages.train.throughput import Arithmetic, peak
from stages.train.vocabulary import Vocabulary

SHORT, LONG = torch.bfloat16, torch.float32
NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="flash attention needs a GPU")


@pytest.mark.parametrize(
    ("kind", "precision", "device"),
    [
        ("padded", LONG, "cpu"),
        ("padded", SHORT, "cpu"),
        ("block", LONG, "cpu"),
        ("block", SHORT, "cpu"),
        pytest.param("block", SHORT, "cuda", marks=NO_GPU),
        pytest.param("varlen", SHORT, "cuda", marks=NO_GPU),
    ],
)
def test_packed_equals_one_example_at_a_time(
    tmp_path: Path, kind: attention.Kind, precision: torch.dtype, device: str
) -> None:
    write_tokenizer(tmp_path)
    write_shards(tmp_path, {"train": [examples(30, LONGEST, 1), examples(10, LONGEST, 2, pairs=False)]})
    vocabulary, shards = Vocabulary.read(tmp_path), ExampleShards(tmp_path / "train")
    shape = RowShape.of(LONGEST, shards)
    config = model.configuration("tiny", vocabulary=len(vocabulary), longest=LONGEST, dropout=0.0, pad=0)
    rows = list(RowStream(shards, shape, seed=0).epoch())
    plain = assemble(shards, rows, shape, vocabulary.pad, 0)
    batch = plain.to(torch.device(device))
    places = layout(batch)
    masker = Masker.of(vocabulary, seed=0, share=0.15, whole_words=False, device=torch.device(device))
    masked = masker(batch, places, step=0)

    packed = model.build(config, 0, kind).to(device)
    with torch.autocast(device, precision, enabled=precision != LONG):
        found = losses(packed, batch, places, masked, attention.keep_apart(kind, batch, places, LONGEST))
    torch.autograd.backward(found.words + found.pairs)

    batch, places, masked = plain, layout(plain), Masked(*(tensor.cpu() for tensor in masked))
    alone = model.build(config, 0, kind)
    alone.set_attn_implementation("eager")
    answers = torch.full((batch.input_ids.numel(),), IGNORE)
    used = masked.targets != IGNORE
    answers[masked.positions[used]] = masked.targets[used]
    words, pairs = torch.zeros(()), torch.zeros(())
    for number, row in enumerate(rows):
        for slot, example in enumerate(row.examples):
            segment_b = int(shards.gather(np.array([example])).segment_b[0])
            start, length = int(places.starts[number, slot]), int(row.lengths[slot])
            ids = masked.input_ids[number, start : start + length][None]
            output = alone(input_ids=ids, token_type_ids=(torch.arange(length) >= segment_b).long()[None])
            first = number * shape.tokens + start
            words = words + torch.nn.functional.cross_entropy(
                output.prediction_logits[0], answers[first : first + length], reduction="sum", ignore_index=IGNORE
            )
            if (label := batch.labels[number, slot]) != IGNORE:
                pairs = pairs + torch.nn.functional.cross_entropy(output.seq_relationship_logits[0], label)
    torch.autograd.backward(words + pairs)

    tolerance = 1e-5 if precision == LONG else 3e-2
    assert found.words.item() == pytest.approx(words.item(), rel=tolerance)
    assert found.pairs.item() == pytest.approx(pairs.item(), rel=tolerance)
    expected = dict(alone.named_parameters())
    for name, parameter in packed.named_parameters():
        difference = (parameter.grad.cpu() - expected[name].grad).norm() / expected[name].grad.norm().clamp(min=1e-3)
        assert float(difference) < tolerance * 10, name


def test_the_model_runs_in_one_compiled_graph_of_static_shape(tmp_path: Path) -> None:
    write_tokenizer(tmp_path)
    write_shards(tmp_path, {"train": [examples(90, LONGEST, 1)]})
    vocabulary, shards = Vocabulary.read(tmp_path), ExampleShards(tmp_path / "train")
    shape = RowShape.of(LONGEST, shards)
    config = model.configuration("tiny", vocabulary=len(vocabulary), longest=LONGEST, dropout=0.1, pad=0)
    network = model.build(config, 0, "block").train()
    masker = Masker.of(vocabulary, seed=0, share=0.15, whole_words=False, device=torch.device("cpu"))
    counter = CompileCounter()
    compiled = torch.compile(losses, backend=counter, dynamic=False, fullgraph=True)
    stream = RowStream(shards, shape, seed=0)
    for step in range(4):
        batch = assemble(shards, stream.take(2), shape, vocabulary.pad, first_row=3 * step, size=3)
        places = layout(batch)
        apart = attention.keep_apart("block", batch, places, LONGEST)
        compiled(network, batch, places, masker(batch, places, step), apart)
    assert counter.frame_count == 1


def test_arithmetic_of_bert_base_is_the_published_count() -> None:
    # 510 MFLOP a token for the weights of the encoder, 14 for attention at length 128, about 22 for the head.
    base = Arithmetic(layers=12, width=768, vocabulary=30_522, masked_share=0.15)
    assert base.flops(128, 128**2) / 128 == pytest.approx(546e6, rel=0.005)
    assert base.flops(512, 512**2) / 512 == pytest.approx(589e6, rel=0.005)


def test_peaks_are_dense() -> None:
    assert peak("NVIDIA H200") == peak("NVIDIA H100 80GB HBM3") == 989e12
    assert peak("NVIDIA H100 PCIe") == 756e12
    assert peak("NVIDIA A100-SXM4-80GB") == 312e12
    assert peak("CPU") is None
