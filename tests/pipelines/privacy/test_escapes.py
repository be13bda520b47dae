"""JSON is the same again once its escapes are back, and detectors see what the escapes hide."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.privacy import find
from pipelines.privacy.escapes import with_escapes, without_escapes

_ALPHABET = st.sampled_from('ab"\\/nrtu01 가\x7f' + "".join(map(chr, range(0x20))))


@given(st.lists(st.text(_ALPHABET, max_size=12)))
def test_escapes_come_back_as_they_were(values: list[str]) -> None:
    texts = pa.array([json.dumps({"a": value}, ensure_ascii=False) for value in values], pa.string())
    assert with_escapes(without_escapes(texts)).equals(texts)


@given(st.text(_ALPHABET.filter(lambda character: character not in "\x01\x02"), max_size=12))
def test_every_escape_is_one_character(value: str) -> None:
    seen = without_escapes(pa.array([json.dumps(value, ensure_ascii=False)], pa.string()))[0].as_py()
    assert seen == f'"{value.translate({ord(chr(34)): chr(2), ord(chr(92)): chr(1)})}"'


@pytest.mark.parametrize("before", ["\n", "\t", "\\n", '"', "\x00", "\x1f"])
def test_a_value_behind_an_escape_is_found(before: str) -> None:
    texts = pa.array([json.dumps({"note": f"a{before}GB29NWBK60161331926819"}, ensure_ascii=False)])
    found = find(without_escapes(texts), "other").to_pylist()
    assert [row["kind"] for row in found] == ([] if before == "\\n" else ["iban"])
