"""Which encoding a file is in, decided over all of its content, streamed."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np

from pipelines.sources import encodings
from pipelines.sources.encodings import cp949_table, plain_utf8, survey
from pipelines.sources.records import BINARY_FILE, StreamError

UTF8_MARK = b"\xef\xbb\xbf"
# Those of UTF-32 first, since those of UTF-16 begin like them.
_WIDE_MARKS = {
    b"\xff\xfe\x00\x00": "utf-32-le",
    b"\x00\x00\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}

# UTF-16 without a mark shows in NULs, the upper halves of spaces and Latin letters, most of which stand on one side: in
# Korean text at least one unit in 50. The other side has the lower halves of 가, 대, 글 and a few more syllables.
_UNITS_PER_NUL = 50
_ONE_SIDED = 2
# Text holds hardly any control characters; random bytes hold one in ten.
_BYTES_PER_CONTROL = 100
# Share of everyday syllables among the pairs of bytes. Korean web pages have .83 to 1.00 and no error; read as CP949,
# Chinese and Japanese have at most .59 and Cyrillic, Greek and Latin letters at most .40, all of them with errors.
_HANGUL_SHARE_WITH_ERRORS = 0.7
_HANGUL_SHARE = 0.2


class PlainCheck:
    """Follows a stream and tells at its end whether it was UTF-8 without control characters, at 10 GB/s."""

    def __init__(self) -> None:
        self.plain = True
        self._tail = bytes(3)

    def update(self, chunk: bytes) -> None:
        if self.plain:
            data = self._tail + chunk
            self.plain = bool(plain_utf8(np.frombuffer(data, np.uint8)))
            self._tail = data[-3:]

    def finish(self) -> bool:
        self.update(b"\n")
        return self.plain


def detect_encoding(head: bytes, plain: bool, content: Callable[[], Iterator[bytes]]) -> tuple[str, int]:
    """Encoding of a file that begins with ``head``, and how many bytes of it are malformed UTF-8 or CP949.

    ``plain`` is the verdict of ``PlainCheck``. Only where it is False, and no byte order mark of UTF-16 answers, is
    ``content`` opened and read, up to its first error. One bad byte does not decide: it costs its document, not the
    file. What fits nothing is called UTF-8 with many errors. Raises StreamError for binary files.
    """
    for mark, encoding in _WIDE_MARKS.items():
        if head.startswith(mark):
            return encoding, 0
    if plain:
        return "utf-8", 0
    counts = np.zeros(encodings.SURVEY_SLOTS, np.int64)
    with suppress(StreamError):
        for chunk in content():
            survey(np.frombuffer(chunk, np.uint8), cp949_table(), counts)
    size, nuls = int(counts[encodings.BYTES]), counts[[encodings.NULS_EVEN, encodings.NULS_ODD]]
    if nuls.max() * _UNITS_PER_NUL * 2 >= size and nuls.min() * _ONE_SIDED <= nuls.max():
        return ("utf-16-be" if nuls[0] > nuls[1] else "utf-16-le"), 0
    bad_utf8, bad_cp949 = int(counts[encodings.BAD_UTF8]), int(counts[encodings.BAD_CP949])
    if counts[encodings.CONTROLS] * _BYTES_PER_CONTROL > size or (nuls.any() and bad_utf8):
        raise StreamError(BINARY_FILE)
    hangul_share = counts[encodings.HANGUL_PAIRS] / max(1, counts[encodings.PAIRS])
    needed_share = _HANGUL_SHARE_WITH_ERRORS if bad_cp949 else _HANGUL_SHARE
    if bad_cp949 < bad_utf8 and hangul_share >= needed_share and not head.startswith(UTF8_MARK):
        return "cp949", bad_cp949
    if not bad_cp949 and counts[encodings.SYMBOL_PAIRS] == counts[encodings.PAIRS] > 0:
        return "cp949", 0  # English typed on a Korean system: nothing but its quotes and dashes is beyond ASCII
    return "utf-8", bad_utf8
