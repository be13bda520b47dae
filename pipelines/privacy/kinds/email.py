"""E-mail address (RFC 5321, without quoted local parts and address literals)."""

import re

from pipelines.privacy.kind import Found, Kind

_FILE_ENDINGS = ("png", "jpg", "jpeg", "gif", "webp", "svg", "css", "js", "mjs", "pdf", "html")
_SERVICES = ("git", "hg", "svn", "noreply", "no-reply")


def _check(found: Found) -> float:
    local, _, domain = found.value.lower().partition("@")
    if local in _SERVICES or domain.rpartition(".")[2] in _FILE_ENDINGS:
        return 0.0
    return found.confidence(checked=True)


KIND = Kind(
    name="email",
    patterns=(
        re.compile(
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_%+-](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_%+-])?"
            r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,5}[A-Za-z]{2,24}(?![A-Za-z0-9_])"
        ),
    ),
    check=_check,
    reach=100,
    literals=("@", "＠", "﹫"),
    examples=(
        "hong으로 말고 «hong@example.com»으로 보내라",
        "메일«hong.gildong+a@mail.example.co.kr»입니다",
        "«ｈｏｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ»",
        "(«MiKe@ExAmPlE.Com»).",
        "mailto:«a_b-c@example.org»?subject=x",
        "«hong@exa\u200bmple.com»에서",
    ),
    traps=(
        "a@b",
        "@handle",
        "문의는 @hong_gildong",
        "icon@2x.png",
        "react@16.8.0",
        "git@github.com:a/b",
        "a @ b.com",
        "@example.com",
        "3@5.7",
    ),
)
