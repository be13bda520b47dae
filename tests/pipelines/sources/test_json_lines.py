"""The compiled reading of JSON Lines against orjson, on records that both can read and on such as are left."""

import json
import random

import numpy as np
import orjson
import pytest

from pipelines.core.arrow import string_array
from pipelines.sources.json_lines import LEFT, NO_TEXT, ONLY_SPACE, READ, read_fields

_CHARACTERS = '가힣aZ09"\\/\n\t\r\b\f\x01\x1f\x7fé中ア😀 \xa0\u2003\u3000\x1c{}[],:'
_SCALARS = (str, int, float, bool)


def _read(lines: list[bytes], identifier: str | None = "id") -> list[tuple[str, str, str, int]]:
    """(Identifier, text, meta, fate) of each line."""
    ends = np.cumsum([0, *map(len, lines)])
    data = np.frombuffer(b"".join(lines), np.uint8)
    fields = read_fields(ends, data, np.ones(len(lines), np.bool_), "text", identifier)
    columns = (string_array(*column).to_pylist() for column in (fields.identifiers, fields.texts, fields.metas))
    return list(zip(*columns, fields.fates.tolist(), strict=True))


def _expected(line: bytes) -> tuple[str, str, str, int]:
    record = orjson.loads(line)
    text, found = record.get("text"), record.get("id")
    if isinstance(text, list):
        text = "\n".join(text) if all(isinstance(part, str) for part in text) else None
    identifier = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    others = {key: value for key, value in record.items() if isinstance(value, _SCALARS) and key not in ("text", "id")}
    meta = orjson.dumps(others, option=orjson.OPT_SORT_KEYS).decode()
    if text is None or not isinstance(text, str):
        return identifier, "", meta, NO_TEXT
    return identifier, text, meta, READ if text.strip() else ONLY_SPACE


def test_records_read_as_orjson_reads_them() -> None:
    choose = random.Random(1)
    lines = [_line(choose) for _ in range(3000)]
    read = _read(lines)
    assert [got for got in read if got[3] != LEFT] == [
        _expected(line) for line, got in zip(lines, read, strict=True) if got[3] != LEFT
    ]
    assert {fate for *_, fate in read} == {READ, LEFT, NO_TEXT, ONLY_SPACE}
    assert sum(fate == LEFT for *_, fate in read) < len(read) / 2


def _line(choose: random.Random) -> bytes:
    keys = ["text", "id", "a", "b", "가", "제목", "", "texts"]
    choose.shuffle(keys)
    record = {key: _value(choose, 0) for key in keys[: choose.randrange(1, 8)]}
    if choose.random() < 0.8:
        record["text"] = choose.choice([_string(choose), [_string(choose) for _ in range(choose.randrange(4))]])
    separators = choose.choice([(",", ":"), (", ", ": "), (" ,\t", " :  ")])
    return json.dumps(record, ensure_ascii=choose.random() < 0.5, separators=separators).encode()


def _value(choose: random.Random, depth: int) -> object:
    kind = choose.randrange(7 if depth < 3 else 4)
    if kind == 0:
        return choose.choice([0, -1, 17, 10**17, 0.5, -2.25, 0.05, 3.0, 123456789012.125, True, False, None])
    if kind == 1:
        return round(choose.random() * 1000, choose.randrange(7))
    if kind < 5:
        return _string(choose)
    if kind == 5:
        return [_value(choose, depth + 1) for _ in range(choose.randrange(4))]
    return {_string(choose): _value(choose, depth + 1) for _ in range(choose.randrange(4))}


def _string(choose: random.Random) -> str:
    return "".join(choose.choice(_CHARACTERS) for _ in range(choose.choice([0, 1, 2, 3, 5, 9, 17, 40])))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[1]",
        b"null",
        b'{"text":"a"',
        b'{"text":"a",}',
        b'{,"text":"a"}',
        b'{"text":"a" "b":1}',
        b'{"text":"a"}}',
        b'{"text":"a"} x',
        b'{"text":["a",]}',
        b'{"text":["a" "b"]}',
        b'{"text":[,"a"]}',
        b'{"text":"a","n":[{]}}',
        b'{"text":"a","n":{"a":1,}}',
        b'{"text":"a","n":{"a"}}',
        b'{"text":"a","n":[1 2]}',
        b'{"text":"a","n":[NaN]}',
        b'{"text":"a","n":truth}',
        b'{"text":"a","n":tru',
        b'{"text":"a","n":01}',
        b'{"text":"a","n":-}',
        b'{"text":"a","n":1.}',
        b'{"text":"a","n":.5}',
        b'{"text":"a\tb"}',
        b'{"text":"\\x"}',
        b'{"text":"\\u12"}',
        b'{"text":"\\ud800"}',
        b'{"text":"\\udc00\\ud800"}',
        b'{"text":"a","n":["\\ud800\\u0041"]}',
        b'{"text":"a","text":"b"}',
        b'{"\\u0074ext":"a"}',
        b'{"text":"a","n":1e5}',
        b'{"text":"a","n":1.50}',
        b'{"text":"a","n":-0}',
        b'{"text":"a","n":0.00001}',
        b'{"text":"a","n":1234567890123456789}',
        b'{"text":"a","n":0.1234567890123456}',
        b'{"text":"a","n":' + b"[" * 61 + b"]" * 61 + b"}",
        ('{"text":"a",' + ",".join(f'"{key}":0' for key in range(64)) + "}").encode(),
        '{"text":"\u3000"}'.encode(),
    ],
)
def test_what_is_out_of_the_ordinary_is_left(line: bytes) -> None:
    assert _read([line, b'{"text":"b","id":7}']) == [("", "", "", LEFT), ("7", "b", "{}", READ)]


def test_without_an_identifier_every_other_field_is_told() -> None:
    assert _read([b'{"text":"a","":1,"id":2}'], None) == [("", "a", '{"":1,"id":2}', READ)]
