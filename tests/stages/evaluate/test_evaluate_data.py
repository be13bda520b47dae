"""Task files of every format, and what is said about broken ones."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.core.errors import MalmoiError
from stages.evaluate.data import read_split, read_texts
from stages.evaluate.options import TaskOptions

Write = Callable[[str, str], Path]
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
PAIR = TaskOptions(kind="pair", train="", dev="", test="", text="a", text_pair="b", label="y", metric="accuracy")
TAGS = TaskOptions(kind="tagging", train="", dev="", test="", text="tokens", label="tags", metric="entity_f1")
RECORDS = [{"a": 'an "unpaired', "b": "둘", "y": "yes"}, {"a": "three", "b": "", "y": "no"}]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_text(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.jsonl", "\n".join(json.dumps(record) for record in RECORDS) + "\n\n"),
        ("x.json", json.dumps(RECORDS)),
        ("x.tsv", 'a\tb\ty\nan "unpaired\t둘\tyes\r\nthree\t\tno\n'),
        ("x.csv", 'y,a,b\nyes,"an ""unpaired",둘\nno,three,\n'),
        ("bom.jsonl", "\ufeff" + "\n".join(json.dumps(record) for record in RECORDS)),
        ("bom.tsv", '\ufeffa\tb\ty\nan "unpaired\t둘\tyes\nthree\t\tno'),
    ],
)
def test_every_format_gives_the_same_rows(write: Write, name: str, text: str) -> None:
    split = read_split(write(name, text), PAIR)
    assert (split.texts, split.pairs, split.labels) == (['an "unpaired', "three"], ["둘", ""], ["yes", "no"])


def test_words_and_tags_come_as_lists_or_separated_by_spaces(write: Write) -> None:
    listed = write("x.jsonl", json.dumps({"tokens": ["Kim", "lives"], "tags": ["B-PER", "O"]}))
    spaced = write("x.tsv", "tokens\ttags\nKim lives\tB-PER O\n")
    for path in (listed, spaced):
        split = read_split(path, TAGS)
        assert (split.texts, split.labels, split.pairs) == ([["Kim", "lives"]], [["B-PER", "O"]], [])


def test_all_that_a_model_reads_of_the_records_comes_with_its_place(write: Write) -> None:
    pairs = write("x.jsonl", "\n\n".join(json.dumps(record) for record in RECORDS))
    assert list(read_texts(pairs, PAIR)) == [
        (1, "text", 'an "unpaired'),
        (3, "text", "three"),
        (1, "text_pair", "둘"),
        (3, "text_pair", ""),
    ]
    words = write("y.jsonl", json.dumps({"tokens": ["Kim", "lives"], "tags": ["B-PER", "O"]}))
    assert list(read_texts(words, TAGS)) == [(1, "text", "Kim lives")]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.jsonl", '{"a": "s", "b": "t", "y": 1}\n{"a": "secret"', "record 2: not JSON"),
        ("x.jsonl", '{"a": "secret", "b": "t"}', "record 1: no field 'y'; the fields are a, b; set label of the task"),
        ("x.jsonl", '{"a": null, "b": "t", "y": 1}', "record 1: the text is empty"),
        ("x.jsonl", '{"a": "s", "b": "t", "y": null}', "record 1: the label is empty"),
        ("x.jsonl", '{"a": "s", "b": "t", "y": ["secret"]}', "record 1: the label is a list"),
        ("x.jsonl", '["secret"]', "record 1: a list, not an object"),
        ("x.jsonl", "\n\n", "holds no records"),
        ("x.json", '{"data": "secret"}', "a dict, not a list of records"),
        ("x.tsv", "a\tb\ty\ns\tt\t1\nsecret\t1\n", "record 3: 2 columns, the header has 3"),
        ("x.txt", "secret", "no reader for .txt"),
    ],
)
def test_broken_input_is_named_and_not_quoted(write: Write, name: str, text: str, message: str) -> None:
    path = write(name, text)
    with pytest.raises(MalmoiError) as error:
        read_split(path, PAIR)
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)
    assert "secret" not in str(error.value)


def test_missing_file_and_wrong_encoding(tmp_path: Path) -> None:
    with pytest.raises(MalmoiError, match="no such file; correct the path in params"):
        read_split(tmp_path / "x.jsonl", PAIR)
    (tmp_path / "x.tsv").write_bytes("a\tb\ty\n가\t나\t1\n".encode("cp949"))
    with pytest.raises(MalmoiError, match="not UTF-8"):
        read_split(tmp_path / "x.tsv", PAIR)


def test_words_that_are_no_list_of_strings(write: Write) -> None:
    with pytest.raises(MalmoiError, match="record 1: a list, not a list of strings"):
        read_split(write("x.jsonl", '{"tokens": [1], "tags": ["O"]}'), TAGS)


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data")
def test_published_files() -> None:
    nli = replace(PAIR, text="sentence1", text_pair="sentence2", label="gold_label")
    paths = list((SHARED / "ko_kornli").glob("*.tsv"))
    assert sum(len(read_split(path, nli)) for path in paths) == 2490
    klue = replace(PAIR, text="premise", text_pair="hypothesis", label="gold_label")
    assert len(read_split(SHARED / "ko_klue" / "klue-nli-v1.1_dev.json", klue)) == 3000
    paraphrases = replace(PAIR, text="sentence1", text_pair="sentence2", label="label")
    split = read_split(SHARED / "ko_pawsx" / "dev_2k.tsv", paraphrases)
    assert set(split.labels) == {"0", "1"}
