"""User name and password inside a URL (RFC 3986, user information)."""

import re

from pipelines.privacy.kind import Found, Kind


def _check(found: Found) -> float:
    return found.confidence(checked=True) + 0.1


KIND = Kind(
    name="credentials",
    patterns=(re.compile(r"(?<=://)[^\s/?#@:\ue000]{1,64}:[^\s/?#@\ue000]{1,64}(?=@[A-Za-z0-9\[])"),),
    check=_check,
    reach=140,
    literals=("://",),
    examples=(
        "접속은 https://«user:password»@example.com/path 로",
        "postgres://«app:s3cret!»@db.internal:5432/app",
        "ftp://«hong:비밀»@ftp.example.com",
    ),
    traps=("https://example.com:8080/@user", "ssh://git@github.com/a/b", "https://example.com/a:b@c", "비율은 a:b이다"),
)
