"""Text that was decoded with the wrong encoding: decoded anew when that is certain, else told.

Four mistakes make nearly all Korean mojibake: UTF-8 read as Latin-1 or Windows-1252, UTF-8 read as CP949, and CP949
read as Latin-1. What was read is turned back into bytes and decoded as it should have been, line by line. A line
counts as repaired only when this loses nothing and what comes out is in a language that can be recognised.
"""

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.core.kernel import inner_kernel

COUNTS = ("lines_repaired", "rows_repaired", "rows_beyond_repair")
_LEAST_LETTERS = 8
_LEAST_SHARE = 0.3


def repair_mojibake(
    texts: pa.StringArray | pa.ChunkedArray,
) -> tuple[pa.StringArray, NDArray[np.bool_], dict[str, int]]:
    """Texts with mojibake decoded anew, the rows that are mojibake beyond repair, and integer counts (``COUNTS``).

    Meant for text as it was read: normalisation takes away control characters that this needs.
    """
    offsets, data = string_buffers(texts)
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    suspect = np.zeros(len(offsets) - 1, np.bool_)
    _suspects(offsets, data, suspect)
    broken, counts = np.zeros(len(suspect), np.bool_), dict.fromkeys(COUNTS, 0)
    rows = np.flatnonzero(suspect)
    if not len(rows):
        return texts, broken, counts
    repaired = []
    for row, text in zip(rows, texts.take(pa.array(rows)).to_pylist(), strict=True):
        lines = [_repaired(line) for line in text.split("\n")]
        changed = sum(new != old for new, old in zip(lines, text.split("\n"), strict=True))
        counts["lines_repaired"] += changed
        counts["rows_repaired"] += changed > 0
        broken[row] = _looks_broken("\n".join(lines))
        repaired.append("\n".join(lines))
    counts["rows_beyond_repair"] = int(broken.sum())
    return pc.replace_with_mask(texts, pa.array(suspect), pa.array(repaired, pa.string())), broken, counts


@inner_kernel
def _suspects(offsets: Any, data: Any, suspect: Any) -> None:
    """Rows with what mojibake consists of: accented letters side by side, or many Hanja, which UTF-8 Hangul looks like.

    The first look is a smallest difference, which compiles to vector code; few rows need the second.
    """
    for row in range(len(offsets) - 1):
        text = data[offsets[row] : offsets[row + 1]]
        size = len(text)
        least = np.uint8(255)
        third = text[min(2, size) :]
        if size > 2:
            for at in range(size - 2):
                latin = np.uint8((text[at] & np.uint8(0xFE)) ^ np.uint8(0xC2))
                again = np.uint8((third[at] & np.uint8(0xFE)) ^ np.uint8(0xC2))
                again = min(again, np.uint8(third[at] ^ np.uint8(0xC5)), np.uint8(third[at] ^ np.uint8(0xE2)))
                han = np.uint8(np.uint8(text[at] - np.uint8(0xE4)) > np.uint8(5))
                least = min(least, np.uint8(latin | again), han)
        if least:
            continue
        pairs, han_count = np.int64(0), np.int64(0)
        for at in range(size - 2):
            again = np.uint8((third[at] & np.uint8(0xFE)) ^ np.uint8(0xC2))
            again = min(again, np.uint8(third[at] ^ np.uint8(0xC5)), np.uint8(third[at] ^ np.uint8(0xE2)))
            pairs += np.int64(np.uint8(((text[at] & np.uint8(0xFE)) ^ np.uint8(0xC2)) | again) == 0)
            han_count += np.int64(np.uint8(text[at] - np.uint8(0xE4)) <= np.uint8(5))
        suspect[row] = pairs >= 2 or (han_count >= 4 and 60 * han_count > size)


def _repaired(line: str) -> str:
    """The line decoded anew where that is certain, else as it is."""
    if line.isascii():
        return line
    raw = _bytes_of_windows_1252(line)
    if raw is not None:
        for encoding in ("utf-8", "cp949"):
            new = _decoded(raw, encoding)
            if new is not None and _is_better(new, line, encoding):
                return new
        return line
    raw = _encoded(line, "cp949")
    new = _decoded(raw, "utf-8") if raw is not None else None
    return new if new is not None and _is_better(new, line, "utf-8") else line


def _is_better(new: str, old: str, encoding: str) -> bool:
    """Whether ``new`` is what was written.

    UTF-8 proves itself by its form, given three bytes of one character or two characters; CP949 fits too much, so the
    result has to be Hangul, and of the syllables that are in use.
    """
    if "\ufffd" in new or any("\x80" <= character <= "\x9f" for character in new):
        return False
    marks = [character for character in new if character > "\x7f"]
    if encoding == "utf-8":
        return len(marks) < len([character for character in old if character > "\x7f"]) and (
            any(character > "\u07ff" for character in marks) or len(marks) > 1
        )
    hangul = sum("가" <= character <= "힣" for character in marks)
    return hangul >= 2 and hangul >= 0.7 * len(marks) and _common_share(marks) >= 0.9


def _common_share(characters: list[str]) -> float:
    """Share of the Hangul syllables that KS X 1001 has, the 2,350 that words are written with."""
    syllables = [character for character in characters if "가" <= character <= "힣"]
    return sum(map(_is_common, syllables)) / len(syllables)


@cache
def _is_common(syllable: str) -> bool:
    return len(syllable.encode("euc-kr")) == 2  # Python spells out the others in eight bytes


def _looks_broken(text: str) -> bool:
    """Whether what is left reads like bytes: Latin-1 signs instead of letters, or Hanja among unheard syllables."""
    counts = Counter(text)

    def count(belongs: Callable[[str], bool]) -> int:
        return sum(times for character, times in counts.items() if belongs(character))

    letters = count(str.isalpha)
    signs = count(lambda character: "\x80" <= character <= "\xbf" or character in _windows_1252())
    strange = signs + count(lambda character: "\xc0" <= character <= "\xff")
    if strange >= _LEAST_LETTERS and signs >= 0.15 * strange and strange >= _LEAST_SHARE * (letters + signs):
        return True
    han = count(lambda character: "\u4e00" <= character <= "\u9fff")
    unheard = count(lambda character: "가" <= character <= "힣" and not _is_common(character))
    return han >= 0.03 * letters and unheard >= max(_LEAST_LETTERS, _LEAST_SHARE * letters)


@cache
def _windows_1252() -> dict[str, int]:
    """Characters that only Windows-1252 has, with their bytes."""
    found = {}
    for byte in range(0x80, 0xA0):
        character = bytes([byte]).decode("cp1252", "replace")
        if character != "\ufffd":
            found[character] = byte
    return found


def _bytes_of_windows_1252(text: str) -> bytes | None:
    """The bytes that were read as Latin-1 or Windows-1252; None where the text holds another character."""
    table = {ord(character): byte for character, byte in _windows_1252().items()}
    return _encoded(text.translate(table), "latin-1")


def _encoded(text: str, encoding: str) -> bytes | None:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return None


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    return text if _encoded(text, encoding) == raw else None
