r"""JSON without its escapes, and with them again, so that detectors see the characters that the escapes stand for.

Seen as they are written, the ``n`` of ``\n`` would touch what follows, and hide that a value begins there.
"""

import pyarrow as pa
import pyarrow.compute as pc

_BACKSLASH, _QUOTE = "\x01", "\x02"
"""What stands for these two meanwhile; JSON has no raw control character, and these two stay escaped."""
_SHORT = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\b": "\b", "\\f": "\f", '\\"': _QUOTE}
_CONTROLS = {
    f"\\u{code:04x}": chr(code) for code in range(0x20) if chr(code) not in (_BACKSLASH, _QUOTE, *_SHORT.values())
}
_ESCAPES = {"\\\\": _BACKSLASH, **_SHORT, **_CONTROLS}
"""The backslash first: what follows it is no escape."""


def without_escapes(texts: pa.StringArray) -> pa.StringArray:
    """JSON texts, as ``json.dumps`` writes them, with every escape as the one character that it stands for."""
    if not pc.any(pc.match_substring(texts, "\\")).as_py():
        return texts
    for escape, character in _ESCAPES.items():
        texts = pc.replace_substring(texts, escape, character)
    return texts


def with_escapes(texts: pa.StringArray) -> pa.StringArray:
    """The inverse of ``without_escapes``; what was put in between needs no escape."""
    if not pc.any(pc.match_substring_regex(texts, "[\\x00-\\x1f]")).as_py():
        return texts
    for escape, character in _ESCAPES.items():
        texts = pc.replace_substring(texts, character, escape)
    return texts
