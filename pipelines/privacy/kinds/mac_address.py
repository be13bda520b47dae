"""Hardware address of a network device (MAC-48, IEEE 802): six pairs of hexadecimal digits with : or - between them."""

import re
from random import Random

from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.surrogates import Derive, written_like

_LITERALS = (
    *("MAC", "mac addr", "Mac addr", "Mac Addr", "mac_addr", "macaddr", "맥 주소", "맥주소", "물리적 주소"),
    "Physical Addr",
)
_OPENING = re.compile("|".join(map(re.escape, _LITERALS)))
_WORDS = ("MAC 주소", "MAC", "MAC address", "맥 주소")


def _check(found: Found) -> float:
    """All digits are also times and drawn numbers, pairs with spaces between are dumps: a word has to name them."""
    pairs = re.split("[:-] ?", found.value.lower())
    doubtful = " " in found.value or "".join(pairs).isdigit()
    if len(set(pairs)) == 1 or (found.cue is None and doubtful):
        return 0.0
    if "-" in found.value and _OPENING.search(found.before) is None:
        return 0.0  # colons open the gate, dashes do not
    return found.confidence(checked=True)


def _draw(random: Random) -> str:
    separator = random.choice("::-")
    octets = [random.choice((0x00, 0x3C, 0xA4, 0xF0)), *(random.randrange(256) for _ in range(5))]
    pairs = separator.join(f"{octet:02x}" for octet in octets)
    value = pairs.upper() if separator == "-" or random.random() < 0.4 else pairs
    return f"{random.choice(_WORDS)} {value}"


_DOCUMENTED = "00005e0053"


def _surrogate(value: str, derive: Derive) -> str | None:
    """An address of the block kept for documentation (RFC 9542, 2.1.2)."""
    pairs = re.sub("[:-] ?", "", value.lower())
    if pairs.startswith(_DOCUMENTED):
        return value
    draws = derive(pairs)
    drawn = f"{_DOCUMENTED}{draws.one_of('0123456789abcdef')}{draws.ending(pairs[-1], '0123456789abcdef')}"
    upper = value.upper() == value
    return written_like(value.upper() if upper else value.lower(), drawn.upper() if upper else drawn, "[0-9A-Fa-f]")


KIND = Kind(
    name="mac_address",
    patterns=(
        re.compile(
            r"[0-9A-Fa-f](?<![0-9A-Za-z].)(?<![0-9A-Fa-f][:-].)[0-9A-Fa-f]([:-]) ?"
            r"[0-9A-Fa-f]{2}(?:\1 ?[0-9A-Fa-f]{2}){4}"
            r"(?![0-9A-Za-z])(?![:-][0-9A-Fa-f])"
        ),
    ),
    check=_check,
    reach=68,
    shapes=Shape.COLONED,
    literals=_LITERALS,
    cues=(
        "MAC",
        "맥 주소",
        "맥주소",
        "물리적 주소",
        "하드웨어 주소",
        "mac_address",
        "macaddr",
        "physical address",
        "hwaddr",
    ),
    examples=(
        "«aa:bb:cc:dd:ee:ff»",
        "MAC 주소는 «00:1A:2B:3C:4D:5E»입니다",
        "물리적 주소 . . . . . . : «AA-BB-CC-DD-EE-F0»",
        "MAC 주소 «00-1a-2b-3c-4d-5e»에서 접속",
        "ether «f0:18:98:0b:c2:9d» txqueuelen 1000",
        "맥 주소 «3c:22:fb:00:11:22»로",
        "MAC «00:11:22:33:44:55»",
        "MAC 주소 «f0:ef:fc: e2:a4:e4»",
        "MAC address «A4-CF-12-FE-ED-BE».",
        "MAC «ＡＡ－ＢＢ－ＣＣ－ＤＤ－ＥＥ－Ｆ０» 장비",
    ),
    traps=(
        "12:30:45",
        "12:30:45:12:30:45",
        "01-12-23-34-35-45",
        "2019-01-02-03-04-05",
        "MAC ff:ff:ff:ff:ff:ff",
        "aa:bb:cc:dd:ee",
        "aa: bb: cc: dd: ee: ff",
        "aa:bb:cc:dd:ee:ff:00",
        "00:1A:2B:3C-4D:5E",
        "SHA1 3f:a1:9c:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:01",
        "2001:db8:85a3::8a2e:370:7334",
        "550e8400-e29b-41d4-a716-446655440000",
        "xaa:bb:cc:dd:ee:ff",
        "std::aa:bb",
        "aa-bb-cc-dd-ee-ff",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
