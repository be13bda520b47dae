"""International bank account number (IBAN, ISO 13616): country, two check digits, up to 30 letters and digits."""

import re
from random import Random

from pipelines.privacy.drawing import fill
from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.surrogates import Derive, written_like

_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HU LB PL",
    29: "BR EG PS QA UA",
    30: "JO KW MU",
    31: "MT SC",
    32: "LC",
}
"""Countries by the number of characters, from the IBAN registry of SWIFT."""

_LENGTHS = {country: length for length, countries in _COUNTRIES.items() for country in countries.split()}

_OPENS = re.compile("[0-9](?: ?[0-9]){6}")
_LAYOUTS = {
    "CH": "#################",
    "DE": "##################",
    "ES": "####################",
    "FR": "#######################",
    "GB": "LLLL##############",
    "IE": "LLLL##############",
    "NL": "LLLL##########",
    "NO": "###########",
}
_WORDS = ("IBAN", "IBAN:", "IBAN 번호는", "my IBAN is", "")


def iban_valid(value: str) -> bool:
    """Whether the number that the characters spell, the first four moved to the end, is 1 modulo 97 (ISO 7064)."""
    moved = value[4:] + value[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def _check(found: Found) -> float:
    """Countries that are not in the table, and small letters, need a word; the gate needs seven digits in a row."""
    value = found.value.replace(" ", "").upper()
    if not iban_valid(value) or _OPENS.search(found.value) is None:
        return 0.0
    length = _LENGTHS.get(value[:2])
    if length != len(value) and (length is not None or found.cue is None):
        return 0.0
    if found.cue is None and found.value.upper() != found.value:
        return 0.0
    return min(1.0, found.confidence(checked=True) + 0.1)  # two digits check it, and the length


def _grouped() -> str:
    """What follows the first group and a space: as many as the country has, since words may follow."""
    return "|".join(
        rf"(?<=(?:{countries.replace(' ', '|')})[0-9]{{2}} )[0-9A-Z](?: ?[0-9A-Z]){{{length - 5}}}"
        for length, countries in _COUNTRIES.items()
    )


def _draw(random: Random) -> str:
    country = random.choice(sorted(_LAYOUTS))
    account = re.sub("L", lambda _: random.choice("ABCDEFGHIKLMPRSTUVWXYZ"), _LAYOUTS[country])
    account = fill(account, random)
    value = next(whole for check in range(2, 99) if iban_valid(whole := f"{country}{check:02}{account}"))
    if random.random() < 0.5:
        value = " ".join(value[start : start + 4] for start in range(0, len(value), 4))
    return f"{random.choice(_WORDS)} {value}".strip()


_NO_CHECK = "00"
"""Check digits are 98 less a remainder of 97, so from 02 to 98."""


def _surrogate(value: str, derive: Derive) -> str | None:
    """A number of the same country with check digits that no number has (ISO 13616-1, ISO 7064)."""
    plain = re.sub("[^0-9A-Za-z]", "", value).upper()
    if plain[2:4] == _NO_CHECK:
        return value
    draws = derive(plain)
    body = [draws.digits(1) if each.isdigit() else draws.one_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for each in plain[4:-1]]
    last = draws.ending(plain[-1]) if plain[-1].isdigit() else draws.ending(plain[-1], "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return written_like(value, f"{plain[:2]}{_NO_CHECK}{''.join(body)}{last}", "[0-9A-Za-z]")


KIND = Kind(
    name="iban",
    patterns=(
        re.compile(
            rf"[A-Za-z](?<![0-9A-Za-z].)[A-Za-z][0-9]{{2}}(?:[0-9A-Za-z]{{11,30}}| (?:{_grouped()}))(?![0-9A-Za-z])"
        ),
    ),
    check=_check,
    reach=33,
    shapes=Shape.DIGITS,
    cues=("IBAN", "국제은행계좌번호", "국제 계좌번호", "국제계좌번호", "bank account", "wire transfer"),
    examples=(
        "IBAN «DE89370400440532013000»",
        "계좌(IBAN)는 «GB82 WEST 1234 5698 7654 32»입니다",
        "«FR14 2004 1010 0505 0001 3M02 606»로 송금",
        "my iban is «gb42nawi04454264788619»",
        "charges for money transfer from «GB56HXDO88167774656119» to other bank",
        "«MT84 MALT 0110 0001 2345 MTLC AST0 01S»",
        "«NO93 8601 1117 947»에서",
        "IBAN «ＤＥ８９ ３７０４ ００４４ ０５３２ ０１３０ ００»이고",
        "«DE89 3704 0044 0532 0130 00» BANK",
        "«CH9300762011623852957»,",
    ),
    traps=(
        "IBAN DE89370400440532013001",
        "DE8937040044053201300",
        "GB82 WEST 1234 5698 7654 33",
        "gb42nawi04454264788619",
        "AB12 3456 7890 1234",
        "ISBN 978-89-7914-874-9",
        "DE89 3704 0044",
        "XDE89370400440532013000",
        "A4 DE89",
        "0x1234567890abcdef1234567890abcdef",
        "US12 3456 7890 1234 5678",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
