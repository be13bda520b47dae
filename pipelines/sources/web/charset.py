"""The charset of a web page, from its bytes, from what its head and its markup claim, in this order of trust.

Pages that claim the wrong charset are common, above all Korean ones: CP949 served as UTF-8 or as Latin-1. So a claim
counts only where the bytes leave it open.
"""

import codecs
import re
from contextlib import suppress

import numpy as np

from pipelines.sources import encodings
from pipelines.sources.detection import UTF8_MARK, detect_encoding
from pipelines.sources.records import INVALID_ENCODING, StreamError

_MARKS = (
    (UTF8_MARK, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before the mark of UTF-16 that it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META_BYTES = 4096
_META = re.compile(rb"""<meta[^>]{0,512}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""<\?xml[^>]{0,256}?encoding\s*=\s*["']([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)

# Names of charsets that pages use, and the superset that browsers read each with (WHATWG Encoding Standard).
_SUPERSETS = (
    (re.compile(r"euc-?kr|ks_?c_?5601.*|ks[cx]_?(?:5601|1001)|(?:windows-?|ms|cp|x-windows-)949|uhc|korean"), "cp949"),
    (re.compile(r"(?:iso-?8859-?1|latin-?1|(?:us-)?ascii|l1|cp819)"), "cp1252"),
    (re.compile(r"gb_?2312(?:-80)?|gbk|x-gbk|cp936|gb18030|chinese"), "gb18030"),
    (re.compile(r"(?:x-)?s(?:hift)?[_-]?jis|ms_kanji|windows-31j|cp932"), "cp932"),
    (re.compile(r"big5(?:-hkscs)?|cn-big5|x-x-big5"), "big5hkscs"),
    (re.compile(r"iso-?8859-?9|latin5"), "cp1254"),
    (re.compile(r"tis-?620|iso-?8859-?11|windows-874"), "cp874"),
)
_KNOWN = re.compile(
    r"utf-?8|utf-?16(?:-?[lb]e)?|iso-?8859-?\d{1,2}|(?:windows-|cp)125\d|koi8-[ru]|euc-jp|iso-2022-(?:kr|jp)|johab|"
    r"ibm866|cp866|x?-?mac-?(?:cyrillic|roman)|macintosh"
)

# CP949 whatever the page claims: Korean pages have .83 and more of everyday syllables and hardly an error, while other
# charsets read as CP949 reach .75, with errors (see ``detection``).
_KOREAN_SHARE = 0.8
_PAIRS_PER_ERROR = 20
_SYLLABLES_OF_A_PAGE = 10
# A page has a stray bad byte now and then: up to one in so many beyond ASCII it is read with a gap there.
_BYTES_PER_GAP = 200
# Without any claim, so few bytes beyond ASCII can only be the quotes and dashes of an English page.
_BYTES_PER_SYMBOL = 100
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_ESCAPE = b"\x1b"
_SEVEN_BIT = (((b"\x1b$)C",), "iso2022_kr"), ((b"\x1b$B", b"\x1b$@", b"\x1b(J"), "iso2022_jp_ext"))


def decode_page(data: bytes, content_type: str = "") -> str:
    """The page as text; raises StreamError where it is binary or its charset cannot be told."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    with suppress(UnicodeDecodeError):
        text = data.decode("utf-8")
        if "\0" not in text:
            return (_seven_bit(data) if _ESCAPE in data else "") or text
    return _detected(data, _claims(data, content_type))


def _seven_bit(data: bytes) -> str:
    """Text of the charsets that hide in ASCII, "" where the page is in none of them."""
    for escapes, charset in _SEVEN_BIT:
        if any(escape in data for escape in escapes):
            with suppress(UnicodeDecodeError):
                return data.decode(charset)
    return ""


def _detected(data: bytes, claims: list[str]) -> str:
    encoding, malformed = detect_encoding(data[:4], False, lambda: iter((data,)))
    beyond_ascii = sum(map(len, _BEYOND_ASCII.findall(data)))
    if encoding == "cp949":
        if _hangul_share(data) >= _KOREAN_SHARE and malformed * _PAIRS_PER_ERROR * 2 <= beyond_ascii:
            return _korean(data)
    elif encoding != "utf-8" or malformed * _BYTES_PER_GAP <= beyond_ascii:
        return data.decode(encoding, "replace")
    with suppress(UnicodeDecodeError):
        text = data.decode("johab")
        if _is_everyday_korean(text):
            return text
    for charset in claims:
        with suppress(UnicodeDecodeError):
            return data.decode(charset)
    if encoding == "cp949" and not malformed:
        return _korean(data)
    if beyond_ascii * _BYTES_PER_SYMBOL <= len(data):
        with suppress(UnicodeDecodeError):
            return data.decode("cp1252")
    raise StreamError(INVALID_ENCODING)


def _korean(data: bytes) -> str:
    """Text in EUC-KR, which can spell a syllable in eight bytes, or else in CP949, which has a pair for each."""
    with suppress(UnicodeDecodeError):
        return data.decode("euc_kr")
    return data.decode("cp949", "replace")


def _hangul_share(data: bytes) -> float:
    """Share of everyday syllables among the pairs of bytes that are a character of CP949."""
    counts = np.zeros(encodings.SURVEY_SLOTS, np.int64)
    encodings.survey(np.frombuffer(data, np.uint8), encodings.cp949_table(), counts)
    return float(counts[encodings.HANGUL_PAIRS] / max(1, counts[encodings.PAIRS]))


def _claims(data: bytes, content_type: str) -> list[str]:
    """Python's codecs of the charsets that the page claims to be in, the most trusted first; unknown ones left out."""
    head = data[:_META_BYTES]
    found = [_HEADER.search(content_type)]
    names = [match[1] for match in found if match]
    names += [match[1].decode() for match in (_META.search(head), _XML.search(head)) if match]
    codecs_of = [_codec(name.lower()) for name in names]
    return [codec for codec in codecs_of if codec]


def _codec(name: str) -> str:
    for pattern, superset in _SUPERSETS:
        if pattern.fullmatch(name):
            return superset
    if not _KNOWN.fullmatch(name):
        return ""
    with suppress(LookupError):
        return codecs.lookup(name.removeprefix("x-")).name
    return ""


def _is_everyday_korean(text: str) -> bool:
    """Whether nearly all letters beyond ASCII are among the 2,350 syllables of KS X 1001, as in any Korean text."""
    letters = [character for character in text if character > "\x7f"]
    syllables = "".join(character for character in letters if "가" <= character <= "힣")
    common = len(syllables.encode("euc_kr", "ignore")) // 2
    return common >= _SYLLABLES_OF_A_PAGE and common * 10 >= len(letters) * 9
