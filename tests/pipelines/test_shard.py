"""Examples traced back to the sentences that they came from, whatever the order in which these arrived."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.arrow import logical_hash
from pipelines.options import ShardOptions
from pipelines.shard import ShardRegroup, SpecialTokens, metrics

PADDING, UNKNOWN, CLASSIFY, SEPARATE, MASK = SPECIAL = SpecialTokens(0, 1, 2, 3, 4)
OPTIONS = ShardOptions(
    objective="nsp",
    max_length=32,
    short_fraction=0.1,
    duplicate_factor=1,
    negatives="corpus",
    validation_fraction=0.0,
    shard_megabytes=1,
    seed=7,
)


def regroup(vocabulary_size: int = 1 << 20, **changes: Any) -> ShardRegroup:
    return ShardRegroup(replace(OPTIONS, **changes), "tokenizer.json", "", vocabulary_size, SPECIAL, 1)


@dataclass(frozen=True)
class Row:
    key: int
    source: str
    sentences: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Example:
    split: str
    input_ids: list[int]
    segment_b: int
    label: int
    document_a: int
    document_b: int

    @property
    def a(self) -> list[int]:
        return self.input_ids[1 : self.segment_b - 1]

    @property
    def b(self) -> list[int]:
        return self.input_ids[self.segment_b : -1]


def rows_of(lengths: list[list[int]], sources: list[str] | None = None) -> list[Row]:
    """Documents with sentences of these lengths; no token occurs twice, so that each tells where it stood."""
    token, rows = 10, []
    for index, document in enumerate(lengths):
        sentences = []
        for length in document:
            sentences.append(tuple(range(token, token + length)))
            token += length
        token += 1  # so that documents are not side by side
        rows.append(Row(1000 + index, sources[index % len(sources)] if sources else "a", tuple(sentences)))
    return rows


def batch_of(rows: list[Row], function: ShardRegroup) -> pa.RecordBatch:
    content = [
        {
            "key": row.key,
            "source": row.source,
            "tokens": [token for sentence in row.sentences for token in sentence],
            "lengths": [len(sentence) for sentence in row.sentences],
        }
        for row in rows
    ]
    return pa.RecordBatch.from_pylist(content, function.shuffle_schema)


def gathered(function: ShardRegroup, *parts: list[Row]) -> dict[str, pa.Table]:
    batches = defaultdict(list)
    arrived = ((index, batch_of(rows, function)) for index, rows in enumerate(parts))
    for output, batch in function.gather(0, arrived):
        batches[output].append(batch)
    return {name: pa.Table.from_batches(batches[name], schema) for name, schema in function.schemas.items()}


def examples_of(tables: Mapping[str, pa.Table]) -> list[Example]:
    return [Example(split, **row) for split in ("train", "validation") for row in tables[split].to_pylist()]


def counts_of(tables: Mapping[str, pa.Table]) -> dict[str, int]:
    return {row["key"]: row["count"] for row in tables["counts"].to_pylist()}


LENGTHS = st.lists(
    st.lists(st.one_of(st.integers(1, 12), st.integers(1, 150)), max_size=8),
    min_size=1,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(
    lengths=LENGTHS,
    objective=st.sampled_from(["nsp", "sop", "plain"]),
    max_length=st.integers(8, 70),
    short_fraction=st.sampled_from([0.0, 0.3, 1.0]),
    copies=st.integers(1, 3),
    negatives=st.sampled_from(["source", "corpus"]),
    validation_fraction=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_every_example_is_what_its_label_says(
    lengths: list[list[int]],
    objective: str,
    max_length: int,
    short_fraction: float,
    copies: int,
    negatives: str,
    validation_fraction: float,
) -> None:
    function = regroup(
        objective=objective,
        max_length=max_length,
        short_fraction=short_fraction,
        duplicate_factor=copies,
        negatives=negatives,
        validation_fraction=validation_fraction,
    )
    rows = rows_of(lengths, ["a", "b"])
    tables = gathered(function, rows)
    documents = {row.key: [token for sentence in row.sentences for token in sentence] for row in rows}
    home = {token: key for key, tokens in documents.items() for token in tokens}
    for example in examples_of(tables):
        assert len(example.input_ids) <= max_length
        assert example.input_ids[0] == CLASSIFY
        assert example.input_ids[-1] == example.input_ids[example.segment_b - 1] == SEPARATE
        assert example.a == list(range(example.a[0], example.a[0] + len(example.a)))
        assert {home[token] for token in example.a} == {example.document_a}
        if example.label == -1:
            assert example.segment_b == len(example.input_ids)
            assert example.document_b == example.document_a
            continue
        assert objective != "plain"
        assert example.b == list(range(example.b[0], example.b[0] + len(example.b)))
        assert {home[token] for token in example.b} == {example.document_b}
        if objective == "nsp" and example.label == 1:
            assert example.document_a != example.document_b
            continue
        assert example.document_a == example.document_b
        first, second = (example.a, example.b) if example.label == 0 else (example.b, example.a)
        gap = second[0] - first[-1] - 1
        assert gap == 0 or (gap > 0 and len(example.input_ids) == max_length), "a gap only where tokens were cut"

    total, counts = metrics(counts_of(tables)), counts_of(tables)
    assert counts["documents/train"] + counts["documents/validation"] + counts["documents/empty"] == len(rows)
    assert sum(source["tokens"] for source in total["sources"].values()) == len(home)
    for split in ("train", "validation"):
        made = tables[split].to_pylist()
        assert total[split]["examples"] == len(made) == sum(total[split].get("lengths", {}).values())
        assert total[split]["tokens"] == sum(len(row["input_ids"]) for row in made)
        assert total[split]["negatives"]["same_document"] == 0


@settings(max_examples=100, deadline=None)
@given(
    lengths=LENGTHS,
    objective=st.sampled_from(["nsp", "sop", "plain"]),
    seed=st.randoms(use_true_random=False),
    repeated=st.integers(0, 3),
)
def test_order_and_parts_do_not_matter(lengths: list[list[int]], objective: str, seed: Any, repeated: int) -> None:
    function = regroup(objective=objective, duplicate_factor=2, validation_fraction=0.3, negatives="source")
    rows = rows_of(lengths, ["a", "b", "c"])
    rows += [replace(row, sentences=(*row.sentences, (99, 98))) for row in rows[:repeated]]  # ids that came twice
    expected = gathered(function, rows)
    shuffled = seed.sample(rows, len(rows))
    cuts = sorted(seed.randrange(len(rows) + 1) for _ in range(2))
    parts = [shuffled[: cuts[0]], shuffled[cuts[0] : cuts[1]], shuffled[cuts[1] :]]
    assert gathered(function, *parts) == expected


@pytest.mark.parametrize("objective", ["nsp", "sop"])
def test_labels_are_even(objective: str) -> None:
    generator = np.random.default_rng(1)
    lengths = [generator.integers(1, 20, generator.integers(1, 12)).tolist() for _ in range(3000)]
    tables = gathered(regroup(objective=objective, duplicate_factor=2), rows_of(lengths))
    total = metrics(counts_of(tables))["train"]
    assert total["examples"] > 10_000
    assert abs(total["label_balance"] - 0.5) < 0.005
    single = sum(len(document) == 1 for document in lengths)
    assert total["labels"]["none"] == 2 * single

    labels = tables["train"]["label"].to_numpy()
    a_quarter = len(labels) // 4
    assert abs((labels[:a_quarter] == 1).mean() - (labels[-a_quarter:] == 1).mean()) < 0.05, "labels are spread evenly"


def test_the_lengths_of_the_sides_do_not_tell_the_label() -> None:
    generator = np.random.default_rng(2)
    lengths = [generator.integers(1, 40, generator.integers(2, 20)).tolist() for _ in range(4000)]
    examples = examples_of(gathered(regroup(max_length=128, duplicate_factor=4), rows_of(lengths)))
    seen: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    right, half = 0, len(examples) // 2
    for index, example in enumerate(examples):
        cell = seen[len(example.a) // 12, len(example.b) // 12]
        if index < half:
            cell[example.label] += 1
        else:
            right += (cell[1] > cell[0]) == (example.label == 1)
    assert right / (len(examples) - half) < 0.53


def test_plain_examples_cover_every_token_once() -> None:
    rows = rows_of([[5, 9, 40, 1, 100], [3], [], [31, 30, 29]])
    examples = examples_of(gathered(regroup(objective="plain"), rows))
    assert sorted(token for example in examples for token in example.a) == [
        token for row in rows for sentence in row.sentences for token in sentence
    ]
    assert {example.label for example in examples} == {-1}


def test_every_sentence_of_a_pair_document_is_used() -> None:
    rows = rows_of([[4, 5, 6, 3, 2], [7, 3], [2, 2, 9, 1]] * 20)
    used = {token for example in examples_of(gathered(regroup(max_length=64), rows)) for token in example.a + example.b}
    assert used == {token for row in rows for sentence in row.sentences for token in sentence}


def test_a_long_sentence_is_cut_into_pairs_instead_of_lost() -> None:
    rows = rows_of([[1000], [1000]])
    examples = examples_of(gathered(regroup(), rows))
    used = {token for example in examples for token in example.a + example.b}
    assert len(used) > 1900
    assert -1 not in {example.label for example in examples}


def test_documents_of_one_sentence_make_no_pairs_and_are_in_none() -> None:
    rows = rows_of([[5]] * 50 + [[5, 6, 7]] * 50)
    examples = examples_of(gathered(regroup(), rows))
    single = {row.key for row in rows[:50]}
    assert sorted(example.document_a for example in examples if example.label == -1) == sorted(single)
    assert not single & {key for e in examples if e.label != -1 for key in (e.document_a, e.document_b)}


def test_a_bucket_of_one_document_has_no_next_sentence_pairs() -> None:
    rows = rows_of([[5, 6, 7, 20, 3]])
    nsp = examples_of(gathered(regroup(), rows))
    assert {example.label for example in nsp} == {-1}
    assert {token for example in nsp for token in example.a} == {token for s in rows[0].sentences for token in s}
    assert -1 not in {example.label for example in examples_of(gathered(regroup(objective="sop"), rows))}


def test_negatives_stay_within_the_source_where_it_has_two_documents() -> None:
    rows = rows_of([[5, 6, 7, 9, 9]] * 31, ["a", "b"])
    rows.append(replace(rows_of([[3, 3, 3, 3]] * 32)[-1], source="alone", key=77))
    source = {row.key: row.source for row in rows}
    examples = examples_of(gathered(regroup(negatives="source", duplicate_factor=9), rows))
    mixed = {"".join(sorted({source[e.document_a], source[e.document_b]})) for e in examples if e.label == 1}
    assert {"a", "b"} < mixed <= {"a", "b", "aalone", "aloneb"}


def test_validation_documents_are_apart_and_gone_through_once() -> None:
    rows = rows_of([[6, 7, 8]] * 400)
    tables = gathered(regroup(duplicate_factor=5, validation_fraction=0.25, max_length=64), rows)
    keys = {
        split: {key for column in ("document_a", "document_b") for key in tables[split][column].to_pylist()}
        for split in ("train", "validation")
    }
    assert not keys["train"] & keys["validation"]
    assert 60 < len(keys["validation"]) < 140
    assert len(tables["validation"]) < 3 * len(keys["validation"]) < len(tables["train"])


def test_copies_differ_and_another_seed_gives_other_examples() -> None:
    rows = rows_of([[6, 7, 8, 9, 10, 11]] * 50)
    once, twice = (examples_of(gathered(regroup(duplicate_factor=factor), rows)) for factor in (1, 2))
    assert len(twice) > 1.8 * len(once)
    assert all(example in twice for example in once)
    assert len({str(example.input_ids) for example in twice}) > 1.5 * len(once)
    assert once != examples_of(gathered(regroup(seed=8), rows))


def test_empty_buckets_and_documents() -> None:
    for rows in ([], rows_of([[], []])):
        tables = gathered(regroup(), rows)
        assert len(tables["train"]) == len(tables["validation"]) == 0
        assert counts_of(tables)["documents/empty"] == len(rows)


@pytest.mark.parametrize(("size", "kind"), [(1 << 16, pa.uint16()), ((1 << 16) + 1, pa.uint32())])
def test_ids_take_two_bytes_where_the_vocabulary_fits(size: int, kind: pa.DataType) -> None:
    last = size - 1
    rows = [Row(key, "a", ((last, 5), (6, last))) for key in range(4)]
    table = gathered(regroup(size), rows)["train"]
    assert table.schema.field("input_ids").type.value_type == kind
    assert any(last in row["input_ids"] for row in table.to_pylist())


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ("nsp", "6692767a771e6aa5492f96bddc693b43"),
        ("sop", "49a659242254d77df950e3a36e39853f"),
        ("plain", "fa87a92480ed061319be258ba2f25d6f"),
    ],
)
def test_the_same_input_gives_the_same_examples_for_ever(objective: str, expected: str) -> None:
    lengths = [[(7 * d + 3 * s) % 19 + 1 for s in range(d % 6)] for d in range(40)] + [[300]]
    function = regroup(objective=objective, duplicate_factor=2, validation_fraction=0.2, negatives="source")
    tables = gathered(function, rows_of(lengths, ["a", "b"]))
    batches = [batch for split in ("train", "validation") for batch in tables[split].to_batches()]
    assert logical_hash(batches, function.schemas["train"]) == expected
