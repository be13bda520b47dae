"""E-mail address (RFC 5321, without quoted local parts and address literals)."""

import re
from random import Random

from pipelines.privacy.kind import Found, Kind
from pipelines.privacy.surrogates import Derive, agreeing

_FILE_ENDINGS = ("png", "jpg", "jpeg", "gif", "webp", "svg", "css", "js", "mjs", "pdf", "html")
_SERVICES = ("git", "hg", "svn", "noreply", "no-reply")
_GIVEN_NAMES = ("minsu", "jiyoung", "gildong", "seoyeon", "jihoon", "eunji", "john", "mary", "hyunwoo", "yuna")
_SURNAMES = ("kim", "lee", "park", "choi", "jung", "kang", "hong", "smith", "yoon", "lim")
_DOMAINS = (
    *("naver.com", "naver.com", "gmail.com", "gmail.com", "daum.net", "hanmail.net", "kakao.com", "nate.com"),
    *("korea.ac.kr", "mail.example.co.kr", "example.org", "outlook.com"),
)
_SPELLED_AT = r" ?[(\[]at[)\]] ?| ?골뱅이 ?| at "
_SPELLED_DOT = r"\.| ?[(\[]dot[)\]] ?| dot "
_NO_WORD = re.compile("[0-9._]")
_AT, _DOT = re.compile(_SPELLED_AT, re.IGNORECASE), re.compile(_SPELLED_DOT, re.IGNORECASE)
_SPELLED = re.compile(
    rf"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{{2,64}}(?:{_SPELLED_AT})"
    rf"(?:[A-Za-z0-9-]{{1,63}}(?:{_SPELLED_DOT})){{1,4}}(?:com|net|org|edu|gov|info|io|kr|jp|cn|us|uk|de|fr)(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_PROVIDERS = "gmail|naver|daum|hanmail|kakao|nate|outlook|hotmail|yahoo|icloud"


def _check(found: Found) -> float:
    spelled = _AT.search(found.value)
    if spelled and spelled[0] == " at " and found.cue is None and not _NO_WORD.search(found.value[: spelled.start()]):
        return 0.0
    local, _, domain = _AT.sub("@", _DOT.sub(".", found.value.lower())).partition("@")
    if local in _SERVICES or domain.rpartition(".")[2] in _FILE_ENDINGS:
        return 0.0
    return found.confidence(checked=True)


def _draw(random: Random) -> str:
    parts = [random.choice(_GIVEN_NAMES), random.choice(_SURNAMES)]
    random.shuffle(parts)
    number = random.choice(("", str(random.randrange(1, 100)), str(random.randrange(1960, 2010))))
    return f"{random.choice(('', '.', '_', '-')).join(parts)}{number}@{random.choice(_DOMAINS)}"


_LETTERS = "bcdfghjkmnpqrstvwxz"
"""Without vowels, so that no name is spelled with them, by chance or in a text from before."""
_OF_NOBODY = {"m": "example.com", "g": "example.org", "l": "mail.example"}
"""Domains by a letter that takes the same particles; the last is read as a word, as com and net are."""
_SURROGATE = re.compile(f"[{_LETTERS}0-9._%+-]+@(?:{'|'.join(map(re.escape, _OF_NOBODY.values()))})", re.IGNORECASE)


def _surrogate(value: str, derive: Derive) -> str | None:
    """An address at a domain that is kept for examples (RFC 2606), with a local part that spells no name."""
    local, _, domain = value.rpartition("@")
    if _SURROGATE.fullmatch(value):
        return value
    if not re.fullmatch(r"[0-9A-Za-z._%+-]+", local):
        return None
    draws = derive(value.lower())
    drawn = [
        draws.digits(1) if each.isdigit() else draws.one_of(_LETTERS) if each.isalpha() else each for each in local
    ]
    last = "m" if domain.lower().endswith("net") else domain[-1]  # read as a word, which ends in a consonant
    return f"{''.join(drawn)}@{next(name for letter, name in _OF_NOBODY.items() if agreeing(last, letter))}"


KIND = Kind(
    name="email",
    patterns=(
        re.compile(
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_%+-](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_%+-])?"
            r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,5}[A-Za-z]{2,24}(?![A-Za-z0-9_])"
        ),
        re.compile(
            rf"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{{1,64}}@(?:{_PROVIDERS})(?: \.|\. )(?:com|net)(?![A-Za-z0-9_])",
            re.IGNORECASE,
        ),
        _SPELLED,
    ),
    check=_check,
    reach=100,
    literals=("@", "＠", "﹫", "(at)", "[at]", "(AT)", "[AT]", "골뱅이", "dot ", "DOT "),
    cues=("이메일", "메일", "e-mail", "email", "mail"),
    examples=(
        "hong으로 말고 «hong@example.com»으로 보내라",
        "메일«hong.gildong+a@mail.example.co.kr»입니다",
        "«ｈｏｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ»",
        "(«MiKe@ExAmPlE.Com»).",
        "mailto:«a_b-c@example.org»?subject=x",
        "메일은 «minsu.lim@gmail. com»이고",
        "«hong@exa\u200bmple.com»에서",
        "«hong(at)example.com», «hong [at] example [dot] com»",
        "문의: «hong골뱅이example.com»",
        "e-mail: «hong.gildong at example dot co dot kr»",
    ),
    traps=(
        "a@b",
        "@handle",
        "I bought it at amazon dot com.",
        "골뱅이 무침, 골뱅이 3.5kg",
        "look (at) me. or",
        "문의는 @hong_gildong",
        "icon@2x.png",
        "react@16.8.0",
        "git@github.com:a/b",
        "a @ b.com",
        "@example.com",
        "kim@gmail. Company rules say so",
        "3@5.7",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
