"""Private key in its text form (RFC 7468, and RFC 1421 for keys with header lines): all of it, also without its end.

A first or last line alone, as manuals show it, is no key.
"""

import re
import string
from random import Random

from pipelines.privacy.kind import Found, Kind

_LABEL = r"(?:(?:RSA|EC|OPENSSH|ENCRYPTED|DSA) )?PRIVATE KEY-----"
_BREAK = r"(?:\s|\\[nr]){1,4}"  # also as JSON and configuration files write it
_HEADERS = rf"(?:{_BREAK}[A-Z][A-Za-z-]{{2,20}}: ?[^\n\\]{{1,76}}){{0,3}}"
_BASE64 = "[0-9A-Za-z+/=]"
_KEY_LINE = re.compile(f"{_BASE64}{{16}}")
_LINE = 64
_LABELS = ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ")


def _check(found: Found) -> float:
    return 1.0 if _KEY_LINE.search(found.value) else 0.0


def _draw(random: Random) -> str:
    label, size = random.choice(_LABELS), random.choice((120, 1624))
    body = "".join(random.choices(f"{string.ascii_letters}{string.digits}+/", k=size - 2)) + "=="
    lines = "\n".join(body[start : start + _LINE] for start in range(0, size, _LINE))
    return f"-----BEGIN {label}PRIVATE KEY-----\n{lines}\n-----END {label}PRIVATE KEY-----"


def _lines(*lines: str) -> str:
    return "\n".join(lines)


# Invented: no key has such a body.
_LONG_BODY = _lines(*["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCexample0123456"] * 25, "AbCdEfGhIjKlMnOp==")
_SHORT_BODY = _lines("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDo", "")

KIND = Kind(
    name="private_key",
    patterns=(
        re.compile(
            rf"-----BEGIN {_LABEL}{_HEADERS}"
            # Without an end, prose may follow: the body goes on as long as its lines are those of a key.
            rf"(?:[0-9A-Za-z+/=\s\\]{{16,4000}}-----END {_LABEL}"
            rf"|(?:{_BREAK}{_BASE64}{{16,76}}(?!{_BASE64})){{1,50}}(?:{_BREAK}{_BASE64}{{1,74}}==?)?"
            rf"|{_BREAK}{_BASE64}{{77,4000}})"
        ),
        re.compile(rf"\n(?:{_BASE64}{{4,76}}\r?\n){{1,50}}-----END {_LABEL}"),
    ),
    check=_check,
    reach=4700,
    literals=("PRIVATE KEY-----",),
    examples=(
        f"«-----BEGIN PRIVATE KEY-----\n{_SHORT_BODY}-----END PRIVATE KEY-----»",
        f"키는 «-----BEGIN RSA PRIVATE KEY-----\n{_LONG_BODY}\n-----END RSA PRIVATE KEY-----»입니다",
        f"«-----BEGIN OPENSSH PRIVATE KEY-----\r\n{_LONG_BODY}»",
        f"«-----BEGIN EC PRIVATE KEY-----\n{_LONG_BODY}»\nand so on, he wrote",
        f"«-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n"
        f"{_LONG_BODY}\n-----END RSA PRIVATE KEY-----»",
        'key = "«-----BEGIN ENCRYPTED PRIVATE KEY-----\\n'
        + _LONG_BODY.replace("\n", "\\n")
        + '\\n-----END ENCRYPTED PRIVATE KEY-----»"',
        f"the rest of it:«\n{_SHORT_BODY}-----END PRIVATE KEY-----»",
        f"«-----BEGIN PRIVATE KEY-----\n{_LONG_BODY}\n-----END PRIVATE KEY-----»\n\n"
        f"«-----BEGIN DSA PRIVATE KEY----- {_SHORT_BODY}-----END DSA PRIVATE KEY-----»",
    ),
    traps=(
        f"-----BEGIN CERTIFICATE-----\n{_SHORT_BODY}-----END CERTIFICATE-----",
        f"-----BEGIN PUBLIC KEY-----\n{_SHORT_BODY}-----END PUBLIC KEY-----",
        f"-----BEGIN RSA PUBLIC KEY-----\n{_LONG_BODY}\n-----END RSA PUBLIC KEY-----",
        "-----BEGIN PRIVATE KEY-----",
        "It begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----.",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "PRIVATE KEY-----",
    ),
    draw=_draw,
)
