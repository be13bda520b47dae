"""Decoding against Python's own codecs, and detection on real files of forty encodings."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.sources.detection import PlainCheck, detect_encoding
from pipelines.sources.encodings import decode_records, to_bytes_of_ascii
from pipelines.sources.records import BINARY_FILE, StreamError

SHARED = Path(__file__).parents[4] / "shared" / "data"
REAL = SHARED / "messy_encodings"
DERIVED = SHARED / "messy_unicode_derived"
needs_data = pytest.mark.skipif(not REAL.is_dir(), reason="shared data is absent")

# Bytes near every border of UTF-8 and CP949, more often than chance would have them.
BORDERS = b"aZ \n\x00\x7f\x80\xbf\xc0\xc1\xc2\xe0\xed\xf0\xf4\xf5"
BYTES = st.lists(st.sampled_from([*BORDERS, *range(0x80, 0x100, 5)])).map(bytes)
PIECE = st.one_of(BYTES, st.binary(max_size=8), st.text(max_size=8).map(str.encode))
PIECES = st.lists(PIECE, max_size=6).map(b"".join)
KOREAN = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3) | st.sampled_from("aZ 0.,\t"), max_size=30)


def decode(records: list[bytes], encoding: str) -> list[str | None]:
    """What ``decode_records`` makes of records that stand between other bytes; None where it finds one malformed."""
    data, starts, stops = b"", [], []
    for record in records:
        data += b"\xea"
        starts.append(len(data))
        data += record
        stops.append(len(data))
    data += b"\x80"
    texts, valid = decode_records(np.frombuffer(data, np.uint8), np.array(starts), np.array(stops), encoding)
    texts.validate(full=True)
    assert all(good or not text for text, good in zip(texts.to_pylist(), valid, strict=True))
    return [text if good else None for text, good in zip(texts.to_pylist(), valid, strict=True)]


def reference(record: bytes, encoding: str) -> str | None:
    try:
        return record.decode(encoding)
    except UnicodeDecodeError:
        return None


@given(st.lists(PIECES, min_size=1, max_size=4))
def test_records_are_decoded_as_python_decodes_them(records: list[bytes]) -> None:
    for encoding in ("utf-8", "cp949"):
        assert decode(records, encoding) == [reference(record, encoding) for record in records]


def test_every_pair_of_cp949() -> None:
    pairs = [bytes((lead, trail)) for lead in range(0x80, 0x100) for trail in range(0x100)]
    assert decode(pairs, "cp949") == [reference(pair, "cp949") for pair in pairs]


@needs_data
def test_hard_vectors_of_utf8() -> None:
    lines = (DERIVED / "utf8_vectors.tsv").read_text("utf-8").splitlines()[1:]
    vectors = [bytes.fromhex(field) for line in lines for field in line.split("\t")[:2] if _is_hex(field)]
    assert len(vectors) > 20
    assert decode(vectors, "utf-8") == [reference(vector, "utf-8") for vector in vectors]


def _is_hex(field: str) -> bool:
    try:
        return bool(bytes.fromhex(field))
    except ValueError:
        return False


@given(st.text(st.characters(exclude_categories=[])), st.integers(1, 7))
def test_wide_encodings_in_any_chunks(text: str, size: int) -> None:
    """Lone surrogates stay malformed: as three bytes, which are no UTF-8."""
    text = f"{text}."  # a high surrogate at the end is half a character
    for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        data = text.encode(encoding, "surrogatepass")
        chunks = (data[start : start + size] for start in range(0, len(data), size))
        expected = data.decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
        assert b"".join(to_bytes_of_ascii(chunks, encoding)) == expected


def test_half_a_character_at_the_end_is_malformed() -> None:
    data = b"".join(to_bytes_of_ascii(iter(["가나".encode("utf-16-le")[:3]]), "utf-16-le"))
    assert reference(data, "utf-8") is None


def detect(content: bytes, size: int = 1 << 20) -> tuple[str, int]:
    def chunks() -> Iterator[bytes]:
        return (content[start : start + size] for start in range(0, len(content), size))

    check = PlainCheck()
    for chunk in chunks():
        check.update(chunk)
    return detect_encoding(content[:4], check.finish(), chunks)


@given(PIECES, st.integers(1, 9))
def test_plain_check_in_any_chunks(content: bytes, size: int) -> None:
    check = PlainCheck()
    for start in range(0, len(content), size):
        check.update(content[start : start + size])
    text = reference(content, "utf-8")
    controls = set(range(0x20)) - set(b"\t\n\v\f\r\x1b")
    assert check.finish() == (text is not None and not controls & set(content))


@given(KOREAN, st.integers(1, 5))
def test_korean_text_in_each_of_its_encodings(text: str, size: int) -> None:
    text = f"첫 줄은 {text}\n둘째 줄이다.\n"
    for encoding in ("utf-8", "cp949"):
        assert detect(text.encode(encoding), size) == (encoding, 0)
    marks = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
    for encoding, name in marks.items():
        assert detect(text.encode(encoding), size)[0] == name
    assume(sum(ord(character) % 256 == 0 for character in text) <= 8)  # as 가 is, whose lower half is a NUL
    for encoding in ("utf-16-le", "utf-16-be"):
        assert detect(f"{text}It has spaces.".encode(encoding), size)[0] == encoding


@needs_data
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_real_korean_text_in_utf_16_without_a_mark(encoding: str) -> None:
    path = min((SHARED / "ko_petitions").glob("*.jsonl"))
    with path.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["content"] for line in islice(lines, 300)]
    assert all(detect(text.encode(encoding))[0] == encoding for text in texts)


@needs_data
@pytest.mark.parametrize("folder", ["EUC-KR", "CP949"])
def test_real_korean_pages(folder: str) -> None:
    paths = sorted((REAL / "chardet" / folder).iterdir())
    assert paths
    assert [detect(path.read_bytes()) for path in paths] == [("cp949", 0)] * len(paths)


@needs_data
def test_no_other_encoding_is_taken_for_korean() -> None:
    ours = {
        "EUC-KR",
        "CP949",
        "UTF-16",
        "UTF-16BE",
        "UTF-32",
        "utf-8",
        "utf-8-sig",
        "ascii",
        "iso-2022-jp",
        "README.txt",
    }
    paths = [path for path in (REAL / "chardet").glob("*/*") if path.parent.name not in ours]
    assert len(paths) > 100
    for path in paths:
        encoding, malformed = detect(path.read_bytes())
        assert (path, encoding) == (path, "utf-8")
        assert malformed


@needs_data
@pytest.mark.parametrize("folder", ["utf-8", "utf-8-sig", "UTF-16", "UTF-16BE", "UTF-32"])
def test_real_pages_in_unicode(folder: str) -> None:
    for path in (REAL / "chardet" / folder).iterdir():
        content = path.read_bytes()
        encoding, malformed = detect(content)
        assert encoding.startswith(folder[:5].lower())
        assert malformed == 0
        content.decode(encoding)


@needs_data
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ko_pud.cp949.txt", "cp949"),
        ("ko_pud.utf16le_bom.txt", "utf-16-le"),
        ("ko_pud.crlf_bom.txt", "utf-8"),
        ("ko_pud.nfd.txt", "utf-8"),
        ("ko_pud.mojibake_cp949_as_latin1.txt", "utf-8"),
        ("ko_pud.truncated_utf8.bin", "utf-8"),
    ],
)
def test_one_text_in_many_forms(name: str, expected: str) -> None:
    encoding, malformed = detect((DERIVED / name).read_bytes())
    assert encoding == expected
    assert bool(malformed) == ("truncated" in name)


def test_one_bad_byte_does_not_change_the_encoding() -> None:
    korean = "오늘은 날씨가 맑아서 산에 다녀왔다. " * 20
    assert detect(korean.encode("cp949") + b"\xff" + korean.encode("cp949")) == ("cp949", 1)
    assert detect(korean.encode() + b"\xff" + korean.encode())[0] == "utf-8"


def test_curly_apostrophes_are_not_korean() -> None:
    assert detect("Don\u2019t say it isn\u2019t so. ".encode("windows-1252") * 50)[0] == "utf-8"


def test_binary_files() -> None:
    noise = np.random.default_rng(0).integers(0, 256, 10_000, np.uint8).tobytes()
    for content in (noise, b"\x7fELF\x02\x01\x01" + bytes(100) + noise[:100], b"text " * 100 + bytes(600)):
        with pytest.raises(StreamError, match=BINARY_FILE):
            detect(content)


def test_a_stray_nul_does_not_make_text_binary() -> None:
    assert detect(b"plain text " * 100 + b"\0" + b" goes on" * 100) == ("utf-8", 0)
