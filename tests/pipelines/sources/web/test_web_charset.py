"""Charsets of pages: bytes before claims, claims before guesses, and no wrong Korean."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.records import StreamError
from pipelines.sources.web.charset import decode_page

SHARED = Path(__file__).parents[5] / "shared" / "data"
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="shared data is absent")
KOREAN = "<html><head>{}</head><body><p>오늘은 날씨가 맑아서 동네 사람들이 모두 공원에 나왔다. 뷁!</p></body></html>"


def korean(charset: str, claim: str = "") -> bytes:
    text = KOREAN if charset in {"cp949", "utf-8", "utf-16", "johab"} else KOREAN.replace("뷁", "별")
    return text.format(f'<meta charset="{claim}">' if claim else "").encode(charset)


@pytest.mark.parametrize("charset", ["utf-8", "cp949", "euc_kr", "johab", "iso2022_kr", "utf-16"])
@pytest.mark.parametrize(
    "claim", ["", "utf-8", "EUC-KR", "ks_c_5601-1987", "iso-8859-1", "windows-1252", "nonsense", "utf-16"]
)
@pytest.mark.parametrize("header", ["", "text/html; charset=UTF-8", "text/html;charset='euc-kr'"])
def test_korean_whatever_it_claims_to_be(charset: str, claim: str, header: str) -> None:
    page = korean(charset, claim)
    assert decode_page(page, header) == page.decode(charset)


@pytest.mark.parametrize(
    ("charset", "claim", "text"),
    [
        ("cp932", "Shift_JIS", "今日は天気がいいので公園に行きました。"),
        ("euc_jp", "euc-jp", "今日は天気がいいので公園に行きました。"),
        ("gb18030", "gb2312", "今天天气很好，大家都去公园了。"),
        ("big5", "big5", "今天天氣很好，大家都去公園了。"),
        ("cp1251", "windows-1251", "Сегодня хорошая погода, и все пошли в парк."),
        ("koi8-r", "KOI8-R", "Сегодня хорошая погода, и все пошли в парк."),
        ("iso8859_2", "iso-8859-2", "Zażółć gęślą jaźń, proszę bardzo."),
        ("cp1252", "iso-8859-1", "“Naïve” café — résumé"),
    ],
)
def test_other_languages_by_what_they_claim(charset: str, claim: str, text: str) -> None:
    page = f'<?xml version="1.0" encoding="{claim}"?><p>{text * 5}</p>'.encode(charset)
    assert decode_page(page) == page.decode(charset)
    bare = f"<p>{text * 5}</p>".encode(charset)
    assert decode_page(bare, f"text/html; charset={claim}") == bare.decode(charset)


def test_without_a_claim_nothing_is_guessed_but_english() -> None:
    for charset, text in (("cp1251", "Сегодня хорошая погода."), ("iso8859_2", "Zażółć gęślą jaźń.")):
        with pytest.raises(StreamError, match="invalid_encoding"):
            decode_page(f"<p>{text * 5}</p>".encode(charset))
    quotes = "The “Company” — as it is called here — has given notice to all of its members. " * 3
    page = f"<p>{quotes.replace('“', '').replace('”', '').replace('—', '-', 5)}</p>".encode("cp1252")
    assert decode_page(page) == page.decode("cp1252")


def test_a_bad_byte_costs_a_character_not_the_page() -> None:
    for charset in ("utf-8", "cp949"):
        page = (KOREAN * 20).encode(charset)
        cut = page.index("공원".encode(charset))
        found = decode_page(page[:cut] + b"\xff" + page[cut:])
        assert found.count("\ufffd") == 1
        assert found.replace("\ufffd", "")[-500:] == page.decode(charset)[-500:]


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 20, b"%PDF-1.4\n" + bytes(range(200)) * 50, b"\x89PNG\r\n\x1a\n" + bytes(500)]
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(StreamError, match=r"binary_file|invalid_encoding"):
        decode_page(data, "text/html; charset=utf-8")


@given(
    st.binary(max_size=300), st.sampled_from(["", "text/html; charset=unicode_escape", "charset=utf-7", "charset=idna"])
)
def test_any_bytes_are_text_or_an_error(data: bytes, header: str) -> None:
    try:
        decode_page(data, header).encode()
    except StreamError as error:
        assert error.rule in {"binary_file", "invalid_encoding"}


KOREAN_FIXTURES = {
    "chardet/EUC-KR/*": "cp949",
    "chardet/CP949/*": "cp949",
    "chardet/Johab/*": "johab",
    "cpython_cjkencodings/cp949.txt": "cp949",
    "cpython_cjkencodings/euc_kr.txt": "euc_kr",
    "cpython_cjkencodings/johab.txt": "johab",
    "cpython_cjkencodings/iso2022_kr.txt": "iso2022_kr",
    "cpython_cjkencodings/*-utf8.txt": "utf-8",
    "chardet/utf-8/*": "utf-8",
    "chardet/UTF-32/*": "utf-32",
    "chardet/UTF-16BE/*": "utf-16-be",
}


@needs_data
@pytest.mark.parametrize("pattern", KOREAN_FIXTURES)
def test_real_korean_and_unicode_fixtures_are_right(pattern: str) -> None:
    files = list((SHARED / "messy_encodings").glob(pattern))
    assert files
    for path in files:
        data = path.read_bytes()
        assert decode_page(data) == data.decode(KOREAN_FIXTURES[pattern]).removeprefix("\ufeff"), path.name


@needs_data
def test_real_fixtures_of_other_languages_are_right_or_refused() -> None:
    """Right but for characters that the superset of browsers has and the charset by the book has not."""
    refused = right = 0
    for path in sorted((SHARED / "messy_encodings" / "chardet").glob("*/*")):
        charset = path.parent.name.split("-russian")[0]
        for language in (
            "bulgarian",
            "czech",
            "greek",
            "hebrew",
            "hungarian",
            "polish",
            "romanian",
            "slovak",
            "slovene",
            "turkish",
        ):
            charset = charset.removesuffix(f"-{language}")
        try:
            codecs.lookup(charset)
            expected = path.read_bytes().decode(charset, "replace").removeprefix("\ufeff")
        except LookupError:
            continue
        try:
            found = decode_page(path.read_bytes())
        except StreamError:
            refused += 1
            continue
        right += 1
        differing = sum(one != other for one, other in zip(found, expected, strict=False)) + abs(
            len(found) - len(expected)
        )
        assert differing <= len(expected) // 100, path
    assert right > 3 * refused
