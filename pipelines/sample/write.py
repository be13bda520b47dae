"""Writes the sample: raw sources in the formats and encodings that corpora come in, their gold, and the tasks."""

import codecs
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.sample.disorder import Record, disordered
from pipelines.sample.documents import documents
from pipelines.sample.options import SampleOptions
from pipelines.sample.tasks import task_rows
from pipelines.sample.world import build_world

_ROW_GROUP = 256
# Sentences are gold for every n-th undisturbed document.
_SENTENCE_SAMPLE = 3
# Text files by language; the byte order mark of UTF-8 and UTF-16 is written first.
_TEXT_FILES: Mapping[str, Sequence[tuple[str, str]]] = {
    "ko": (("korean-1.txt", "utf-8"), ("korean-2.txt", "utf-8-sig"), ("korean-3.txt", "utf-16-le")),
    "en": (("english-1.txt", "utf-8"), ("english-2.txt", "utf-8")),
}

# A record and where it was written: its id within the source, its file, and its number in the file. A record without an
# id of its own is named by its file and, where that holds several, its position: bytes of the unpacked file as UTF-8.
Placed = tuple[Record, str, str, int]


def write_sample(folder: Path, options: SampleOptions) -> dict[str, int]:
    """Write ``raw/``, ``gold/`` and ``tasks/`` into an empty or new folder; returns counts of what was written.

    ``raw/<source>/`` holds what a user would have; ``gold/documents.jsonl`` says for every record of it where it is and
    what should become of it, ``gold/sentences.jsonl`` the sentences of some clean documents, and
    ``gold/personal_data.jsonl`` every piece of personal data with its place in the text (code points; paragraphs joined
    by newlines); ``tasks/<task>/`` holds train, dev and test.
    """
    world = build_world(options.seed)
    records = disordered(list(documents(world, options.seed, options.documents)), options.seed)
    placed: list[Placed] = []
    for source, writer in _WRITERS.items():
        place = folder / "raw" / source
        place.mkdir(parents=True)
        placed += writer(place, [record for record in records if record.source == source])
    counts = _write_gold(folder / "gold", placed)
    for task, splits in task_rows(world, options.seed, options.task_rows).items():
        for split, rows in splits.items():
            _write_lines(folder / "tasks" / task / f"{split}.jsonl", rows)
            counts[f"rows_{task}_{split}"] = len(rows)
    counts["bytes"] = sum(path.stat().st_size for path in sorted((folder / "raw").rglob("*")) if path.is_file())
    return counts


def _json_line(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(_json_line, rows)))


def _dealt(records: Sequence[Record], count: int) -> Iterator[tuple[int, list[Record]]]:
    """The records in ``count`` nearly equal runs."""
    size = -(-len(records) // count)
    for number in range(count):
        yield number + 1, list(records[number * size : (number + 1) * size])


def _encyclopaedia(folder: Path, records: list[Record]) -> Iterator[Placed]:
    """Text files, a blank line between documents, in UTF-8 with and without a byte order mark and in UTF-16."""
    for language, files in _TEXT_FILES.items():
        ours = [record for record in records if (record.language == "ko") == (language == "ko")]
        # Bytes that are not UTF-8 make sense in a file of UTF-8 only.
        ours.sort(key=lambda record: not record.broken)
        for (name, encoding), (_, chunk) in zip(files, _dealt(ours, len(files)), strict=True):
            codec = encoding.removesuffix("-sig")
            mark = {"utf-8-sig": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE}.get(encoding, b"")
            texts = [record.broken or "\n".join(record.lines).encode(codec) for record in chunk]
            (folder / name).write_bytes(mark + "\n\n".encode(codec).join(texts) + "\n".encode(codec))
            position = len(codecs.BOM_UTF8) if mark else 0
            for number, record in enumerate(chunk):
                yield record, f"{name}#{position}", name, number
                position += len(record.broken or "\n".join(record.lines).encode()) + 2


def _news(folder: Path, records: list[Record]) -> Iterator[Placed]:
    """Compressed JSON lines with a text field."""
    for file_number, chunk in _dealt(records, 3):
        name = f"news-{file_number}.jsonl.gz"
        lines: list[bytes] = []
        for number, record in enumerate(chunk):
            url = f"https://daily.example/{file_number}/{number:05}"
            date = f"20{10 + number % 14}-{1 + number % 12:02}-{1 + number % 28:02}"
            row = {"url": url, "title": record.title, "date": date, "body": "\n".join(record.lines)}
            yield record, _native_id(record, "url", url, name, lines), name, number
            lines.append(record.broken + b"\n" if record.broken else _json_line(row))
        # Arrow brings its own zlib, so that the bytes do not depend on the machine's; it writes no time.
        with pa.CompressedOutputStream(str(folder / name), "gzip") as file:
            file.write(b"".join(lines))


def _comments(folder: Path, records: list[Record]) -> Iterator[Placed]:
    """JSON lines whose text field is a list of paragraphs."""
    for file_number, chunk in _dealt(records, 2):
        name = f"comments-{file_number}.jsonl"
        lines: list[bytes] = []
        for number, record in enumerate(chunk):
            key = f"thread-{file_number}-{number:05}"
            row = {"id": key, "subject": record.title, "paragraphs": record.lines}
            yield record, _native_id(record, "id", key, name, lines), name, number
            lines.append(record.broken + b"\n" if record.broken else _json_line(row))
        (folder / name).write_bytes(b"".join(lines))


def _native_id(record: Record, field: str, key: str, name: str, before: Sequence[bytes]) -> str:
    """``key``, or of a broken record what can be known: the id in it where it is JSON, else the place of its line."""
    if record.disorder in ("missing_field", "wrong_type"):
        return str(json.loads(record.broken)[field])
    return f"{name}#{sum(map(len, before))}" if record.broken else key


def _stories(folder: Path, records: list[Record]) -> Iterator[Placed]:
    """A Parquet file, compressed with Zstandard."""
    keys = [f"story-{number:05}" for number in range(len(records))]
    columns = {
        "id": pa.array(keys),
        "title": pa.array([record.title for record in records]),
        "text": pa.array(["\n".join(record.lines) for record in records]),
    }
    pq.write_table(pa.table(columns), folder / "stories.parquet", compression="zstd", row_group_size=_ROW_GROUP)
    for number, (key, record) in enumerate(zip(keys, records, strict=True)):
        yield record, key, "stories.parquet", number


def _notices(folder: Path, records: list[Record]) -> Iterator[Placed]:
    """One document per file, in CP949."""
    for number, record in enumerate(records):
        name = f"notice-{number:04}.txt"
        (folder / name).write_bytes(("\n".join(record.lines) + "\n").encode("cp949"))
        yield record, name, name, 0


_WRITERS = {
    "encyclopaedia": _encyclopaedia,
    "news": _news,
    "comments": _comments,
    "stories": _stories,
    "notices": _notices,
}


def _write_gold(folder: Path, placed: Sequence[Placed]) -> dict[str, int]:
    fates, sentences, personal_data = [], [], []
    counts: dict[str, int] = {"documents": len(placed), "sentences": 0, "personal_data": 0}
    for number, (record, key, file, position) in enumerate(placed):
        identifier = f"{record.source}:{key}"
        fates.append(
            {
                "id": identifier,
                "source": record.source,
                "file": file,
                "record": position,
                "lang": record.language,
                "fate": record.fate,
                "group": record.group,
                "disorder": record.disorder,
            }
        )
        counts[record.fate] = counts.get(record.fate, 0) + 1
        if record.sentences and not record.group and not number % _SENTENCE_SAMPLE:
            sentences.append({"id": identifier, "lang": record.language, "sentences": record.sentences})
            counts["sentences"] += len(record.sentences)
        for found in record.mentions:
            end = found.start + len(found.value)
            personal_data.append(
                {"id": identifier, "kind": found.kind, "value": found.value, "start": found.start, "end": end}
            )
    counts["personal_data"] = len(personal_data)
    _write_lines(folder / "documents.jsonl", fates)
    _write_lines(folder / "sentences.jsonl", sentences)
    _write_lines(folder / "personal_data.jsonl", personal_data)
    return counts
