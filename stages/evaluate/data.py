"""Labelled records of a downstream task, read by the suffix of their file."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.core.errors import MalmoiError
from stages.evaluate.options import TaskOptions

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Split:
    """The columns of one file: texts (or lists of words), second texts (empty where there are none), gold labels."""

    path: Path
    texts: list[Any]
    pairs: list[str]
    labels: list[Any]
    positions: list[int]  # of each row in the file, for messages: line number, or place in a JSON list, from 1

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, row: int) -> str:
        return f"{self.path}, record {self.positions[row]}"


def read_split(path: Path, task: TaskOptions) -> Split:
    """The columns that ``task`` names; raises MalmoiError where a file, column or value is missing or misshapen."""
    reader = _READERS.get(path.suffix)
    if reader is None:
        raise MalmoiError(f"{path}: no reader for {path.suffix or 'a file without suffix'}; use {', '.join(_READERS)}")
    if not path.is_file():
        raise MalmoiError(f"{path}: no such file; correct the path in params.yaml, under evaluate.tasks")
    wanted = {"text": task.text, "text_pair": task.text_pair, "label": task.label}
    columns = {option: name for option, name in wanted.items() if name is not None}
    tagging = task.kind == "tagging"
    checks = {"text": _words if tagging else _text, "text_pair": _text, "label": _words if tagging else _label}
    values: dict[str, list[Any]] = {option: [] for option in columns}
    positions = []
    try:
        for position, record in reader(path):
            where = f"{path}, record {position}"
            for option, name in columns.items():
                values[option].append(checks[option](_field(record, name, option, where), where))
            positions.append(position)
    except UnicodeDecodeError as error:
        raise MalmoiError(f"{path}: not UTF-8 (byte {error.start}); convert the file to UTF-8") from None
    if not positions:
        raise MalmoiError(f"{path}: holds no records; a task needs labelled rows in train, dev and test")
    return Split(path, values["text"], values.get("text_pair", []), values["label"], positions)


def read_texts(path: Path, task: TaskOptions) -> Iterator[tuple[int, str, str]]:
    """Position, option that names the column, and text of all that a model reads of the records of ``path``."""
    split = read_split(path, task)
    for position, text in zip(split.positions, split.texts, strict=True):
        yield position, "text", text if isinstance(text, str) else " ".join(text)
    for position, text in zip(split.positions if split.pairs else (), split.pairs, strict=True):
        yield position, "text_pair", text


def _field(record: Record, name: str, option: str, where: str) -> Any:
    if name not in record:
        remedy = f"set {option} of the task in params.yaml"
        raise MalmoiError(f"{where}: no field {name!r}; the fields are {', '.join(map(str, record))}; {remedy}")
    return record[name]


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise MalmoiError(f"{where}: the text is {_kind(value)}, not a string; correct the record")
    return value


def _words(value: Any, where: str) -> list[str]:
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        remedy = "tagging takes lists of words and tags"
        raise MalmoiError(f"{where}: {_kind(value)}, not a list of strings; {remedy}")
    return words


def _label(value: Any, where: str) -> str | int | float:
    if not isinstance(value, str | int | float) or value == "":
        raise MalmoiError(f"{where}: the label is {_kind(value)}; drop the record or label it")
    return value


def _kind(value: Any) -> str:
    return "empty" if value is None or value == "" else f"a {type(value).__name__}"


def _read_jsonl(path: Path) -> Iterator[tuple[int, Record]]:
    with path.open(encoding="utf-8-sig") as lines:
        for position, line in enumerate(lines, 1):
            where = f"{path}, record {position}"
            if line.strip():
                yield position, _record(_parse(line, where), where)


def _read_json(path: Path) -> Iterator[tuple[int, Record]]:
    content = _parse(path.read_text(encoding="utf-8-sig"), str(path))
    if not isinstance(content, list):
        raise MalmoiError(f"{path}: {_kind(content)}, not a list of records; write one, or a record per line in .jsonl")
    for position, value in enumerate(content, 1):
        yield position, _record(value, f"{path}, record {position}")


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise MalmoiError(f"{where}: not JSON ({error.msg}, column {error.colno}); correct it") from None


def _record(value: Any, where: str) -> Record:
    if not isinstance(value, dict):
        raise MalmoiError(f"{where}: {_kind(value)}, not an object with named fields; correct it")
    return value


def _read_csv(path: Path) -> Iterator[tuple[int, Record]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from _table(csv.reader(lines), path)


def _read_tsv(path: Path) -> Iterator[tuple[int, Record]]:
    # Published .tsv files hold quotation marks as they are, unpaired ones too: nothing is quoted.
    with path.open(encoding="utf-8-sig", newline="\n") as lines:
        yield from _table((line.rstrip("\r\n").split("\t") for line in lines), path)


def _table(rows: Iterator[list[str]], path: Path) -> Iterator[tuple[int, Record]]:
    header = next(rows, [])
    for position, row in enumerate(rows, 2):
        if row in ([], [""]):
            continue
        if len(row) != len(header):
            remedy = "correct the line (or the header line, which names the columns)"
            raise MalmoiError(f"{path}, record {position}: {len(row)} columns, the header has {len(header)}; {remedy}")
        yield position, dict(zip(header, row, strict=True))


_READERS: Mapping[str, Callable[[Path], Iterator[tuple[int, Record]]]] = {
    ".jsonl": _read_jsonl,
    ".json": _read_json,
    ".csv": _read_csv,
    ".tsv": _read_tsv,
}
