"""Order of the examples and their packing into rows."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from train_samples import LONGEST, examples, write_shards

from pipelines.core.errors import MalmoiError
from stages.train.batch import IGNORE, assemble, layout
from stages.train.counter import key, permute
from stages.train.data import ExampleShards
from stages.train.packing import WINDOW, Position, RowShape, RowStream, pack


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> ExampleShards:
    folder = tmp_path_factory.mktemp("shard")
    write_shards(folder, {"train": [examples(200, LONGEST, 1), [], examples(77, LONGEST, 2)]})
    return ExampleShards(folder / "train")


@given(size=st.integers(1, 5000), seed=st.integers(0, 2**64 - 1))
@settings(max_examples=50, deadline=None)
def test_order_is_a_permutation_and_random_access_agrees_with_it(size: int, seed: int) -> None:
    whole = permute(np.arange(size), size, seed)
    assert sorted(whole.tolist()) == list(range(size))
    some = np.array([0, size // 2, size - 1])
    assert permute(some, size, seed).tolist() == whole[some].tolist()


def test_orders_of_two_epochs_have_little_in_common() -> None:
    first, second = (permute(np.arange(10_000), 10_000, key(7, "order", epoch)) for epoch in (0, 1))
    assert (first == second).sum() < 10
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.05
    assert abs(np.corrcoef(first, np.arange(10_000))[0, 1]) < 0.05


@given(st.lists(st.integers(1, 32), max_size=300), st.integers(4, 40))
@settings(deadline=None)
def test_packing_takes_every_example_once_and_never_overfills(lengths: list[int], most: int) -> None:
    shape = RowShape(tokens=128, examples=most, longest=32)
    rows = pack(np.array(lengths, np.int64), shape)
    assert sorted(index for row in rows for index in row) == list(range(len(lengths)))
    assert all(0 < len(row) <= most and sum(lengths[index] for index in row) <= shape.tokens for row in rows)
    assert rows == pack(np.array(lengths, np.int64), shape)


def test_packing_wastes_little() -> None:
    lengths = np.random.default_rng(0).integers(5, 129, 4096)
    rows = pack(lengths, RowShape(tokens=1024, examples=64, longest=128))
    assert lengths.sum() / (len(rows) * 1024) > 0.99


def test_best_fit_finds_the_tightest_row() -> None:
    # 70 and 60 open two rows of 100; 35 fits neither but the second, 30 fills the first to the brim.
    assert pack(np.array([70, 60, 35, 30]), RowShape(100, 9, 70)) == [[0, 3], [1, 2]]


def test_every_example_comes_once_per_epoch(shards: ExampleShards) -> None:
    stream = RowStream(shards, RowShape.of(LONGEST, shards), seed=3)
    epochs = [[example for row in stream.epoch() for example in row.examples.tolist()] for _ in range(3)]
    assert all(sorted(epoch) == list(range(277)) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_rows_depend_on_seed_and_position_alone(shards: ExampleShards) -> None:
    shape = RowShape.of(LONGEST, shards)
    whole = RowStream(shards, shape, seed=3)
    for _ in range(25):
        position = whole.position
        rows = whole.take(7)
        again = RowStream(shards, shape, 3, Position(*position)).take(7)
        assert [row.examples.tolist() for row in rows] == [row.examples.tolist() for row in again]
    assert whole.position.epoch > 1
    other = RowStream(shards, shape, seed=4).take(7)
    assert [row.examples.tolist() for row in RowStream(shards, shape, 3).take(7)] != [
        row.examples.tolist() for row in other
    ]


def test_rows_cross_windows(tmp_path: Path) -> None:
    write_shards(tmp_path, {"train": [[([2, 9, 3], 3, -1)] * (WINDOW + 10)]})
    shards = ExampleShards(tmp_path / "train")
    rows = RowStream(shards, RowShape.of(8, shards), seed=0).epoch()
    assert sorted(example for row in rows for example in row.examples.tolist()) == list(range(WINDOW + 10))


def test_gathered_examples_are_those_of_the_files(tmp_path: Path) -> None:
    first, second = examples(130, LONGEST, 5), examples(40, LONGEST, 6, pairs=False)
    write_shards(tmp_path, {"train": [first, second]})
    shards, expected = ExampleShards(tmp_path / "train"), first + second
    wanted = np.random.default_rng(0).integers(0, len(expected), 300)
    found = shards.gather(wanted)
    tokens = np.split(found.tokens, np.cumsum(found.lengths)[:-1])
    assert [part.tolist() for part in tokens] == [expected[index][0] for index in wanted]
    assert found.segment_b.tolist() == [expected[index][1] for index in wanted]
    assert found.labels.tolist() == [expected[index][2] for index in wanted]
    assert shards.tokens == sum(len(ids) for ids, _, _ in expected)
    assert shards.label_counts().tolist() == [sum(label == wanted for _, _, label in expected) for wanted in (0, 1)]
    counts = np.bincount(np.concatenate([ids for ids, _, _ in expected]), minlength=100)
    assert shards.token_counts(100).tolist() == counts.tolist()


def test_wide_tokens_are_read(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    columns = {"input_ids": pa.array([[2, 70_000, 3], [2, 3]], pa.list_(pa.uint32()))}
    columns |= {"segment_b": pa.array([3, 2], pa.int32()), "label": pa.array([-1, -1], pa.int8())}
    batch = pa.record_batch(columns)
    with pa.ipc.new_file(str(tmp_path / "train" / "00000.arrow"), batch.schema) as writer:
        writer.write_batch(batch)
    found = ExampleShards(tmp_path / "train").gather(np.array([1, 0]))
    assert found.tokens.tolist() == [2, 3, 2, 70_000, 3]


def test_unusable_shards_are_named(tmp_path: Path) -> None:
    write_shards(tmp_path, {"train": [[]]})
    with pytest.raises(MalmoiError, match="no examples"):
        ExampleShards(tmp_path / "train")
    (tmp_path / "train" / "00001.arrow").write_bytes(b"ARROW1\0\0 and then nothing")
    with pytest.raises(MalmoiError, match=r"00001\.arrow: not an example shard"):
        ExampleShards(tmp_path / "train")


def test_token_ids_beyond_the_tokenizer_are_refused(shards: ExampleShards) -> None:
    with pytest.raises(MalmoiError, match="the tokenizer has 20 tokens"):
        shards.token_counts(20)


def test_batch_holds_each_example_with_its_own_positions_and_segments(shards: ExampleShards) -> None:
    shape = RowShape.of(LONGEST, shards)
    rows = RowStream(shards, shape, seed=3).take(5)
    batch = assemble(shards, rows, shape, pad=0, first_row=0, size=6)
    places = layout(batch)
    assert batch.lengths.sum(1).tolist() == [shape.tokens] * 6
    assert int(batch.lengths.max()) <= LONGEST
    for number, row in enumerate(rows):
        start = 0
        for slot, example in enumerate(row.examples):
            (ids, lengths, segment_b, labels) = shards.gather(np.array([example]))
            part = slice(start, start := start + int(lengths[0]))
            assert batch.input_ids[number, part].tolist() == ids.tolist()
            assert set(places.slot[number, part].tolist()) == {slot}
            assert places.position_ids[number, part].tolist() == list(range(lengths[0]))
            expected = [int(place >= segment_b[0]) for place in range(lengths[0])]
            assert places.token_type_ids[number, part].tolist() == expected
            assert int(batch.labels[number, slot]) == labels[0]
        assert batch.input_ids[number, start:].eq(0).all()
        assert batch.labels[number, len(row.examples) :].eq(IGNORE).all()
    assert batch.input_ids[5].eq(0).all()
    assert batch.labels[5].eq(IGNORE).all()
