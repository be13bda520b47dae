"""User name and password inside a URL (RFC 3986, user information)."""

import re
from random import Random

from pipelines.privacy.kind import Found, Kind

_SCHEMES = ("https", "https", "http", "ftp", "postgres", "mysql", "mongodb", "redis")
_USERS = ("admin", "root", "app", "deploy", "hong", "minsu.kim", "backup", "svc-crawl")
_HOSTS = ("db.example.com", "git.example.org", "files.example.net:8443", "cache.internal:6379")
_PASSWORD_CHARACTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!$*._-"


_PORT = re.compile(":[0-9]{1,5} ")


def _check(found: Found) -> float:
    """A space may stand in a password, but what stands behind a port is another word."""
    if _PORT.search(found.value):
        return 0.0
    return found.confidence(checked=True) + 0.1


def _draw(random: Random) -> str:
    password = "".join(random.choices(_PASSWORD_CHARACTERS, k=random.randrange(6, 17)))
    user = random.choice(_USERS)
    return f"{random.choice(_SCHEMES)}://{user}:{password}@{random.choice(_HOSTS)}/"


KIND = Kind(
    name="credentials",
    patterns=(
        re.compile(
            r"(?<=://)[^\s/?#@:\ue000]{1,64}:(?:[^\s/?#@\ue000]{0,63} )?[^\s/?#@\ue000]{1,64}(?=@[A-Za-z0-9\[])"
        ),
    ),
    check=_check,
    reach=140,
    literals=("://",),
    examples=(
        "접속은 https://«user:password»@example.com/path 로",
        "postgres://«app:s3cret!»@db.internal:5432/app",
        "ftp://«hong:비밀»@ftp.example.com",
        "ftp://«admin: GAkyDkYC»@git.example.org, redis://«app:b5A!d YLrtp»@cache.internal",
    ),
    traps=(
        "https://example.com:8080/@user",
        "ssh://git@github.com/a/b",
        "https://example.com/a:b@c",
        "비율은 a:b이다",
        "http://example.com:8080 @user",
    ),
    draw=_draw,
)
