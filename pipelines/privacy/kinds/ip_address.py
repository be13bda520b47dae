"""IP address, version 4 and 6 (RFC 791, RFC 4291)."""

import re
from ipaddress import AddressValueError, IPv6Address
from random import Random

from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.surrogates import Derive

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_VERSION = re.compile(r"(?:버전|펌웨어|(?<![a-z])(?:v|ver\.?|version|section|chapter|release)) ?\Z", re.IGNORECASE)
_WORDS = ("IP", "아이피", "접속 IP:", "IP address")


def _check(found: Found) -> float:
    return _version_6(found) if ":" in found.value else _version_4(found)


def _version_4(found: Found) -> float:
    """Four small numbers are also a section, a version or a date, unless a word says that they are an address."""
    octets = [int(octet) for octet in found.value.split(".")]
    if found.cue is None:
        large = max(octets) >= 100 or sum(octet >= 32 for octet in octets) >= 2
        if not large or _VERSION.search(found.before):
            return 0.0
    return found.confidence(checked=True)


def _version_6(found: Found) -> float:
    try:
        address = IPv6Address(found.value)
    except AddressValueError:
        return 0.0
    groups = sum(map(bool, found.value.split(":")))
    certain = groups >= 3 or found.cue is not None
    return found.confidence(checked=True) if certain and address.packed[0] else 0.0


def _draw(random: Random) -> str:
    if random.random() < 0.2:
        subnet = random.choice((0, random.randrange(0x1_0000)))
        return str(IPv6Address(0x2001 << 112 | random.randrange(0x1000) << 96 | subnet << 64 | random.getrandbits(64)))
    network = random.choice(((10,), (192, 168), (172, random.randrange(16, 32)), (random.randrange(1, 224),)))
    octets = (*network, *(random.randrange(1, 255) for _ in range(4 - len(network))))
    return f"{random.choice(_WORDS)} {'.'.join(map(str, octets))}"


_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
_DOCUMENTED = 0x2001_0DB8


def _surrogate(value: str, derive: Derive) -> str | None:
    """An address of the networks kept for documentation (RFC 5737, RFC 3849)."""
    if ":" not in value:
        if value.rpartition(".")[0] in _NETWORKS:
            return value
        draws = derive(value)
        last = draws.digits_like(f"{draws.below(9) + 1}{value[-1]}")
        return f"{draws.one_of(_NETWORKS)}.{int(last)}"
    address = int(IPv6Address(value))
    if address >> 96 == _DOCUMENTED:
        return value
    draws = derive(str(IPv6Address(address)))
    low = draws.below(1 << 60) << 4 | int(draws.ending(value[-1].lower(), "0123456789abcdef"), 16)
    return str(IPv6Address(_DOCUMENTED << 96 | 1 << 64 | low))


KIND = Kind(
    name="ip_address",
    patterns=(
        re.compile(rf"(?<![0-9A-Za-z])(?<![0-9.][.]){_OCTET}(?:\.{_OCTET}){{3}}(?![0-9A-Za-z])(?!\.[0-9])"),
        re.compile(
            r"(?<![0-9A-Za-z:_.])(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)(?=[0-9A-Fa-f:]{0,38}[0-9])"
            r"[0-9A-Fa-f:]{4,39}(?<!:)(?![0-9A-Za-z:_])"
        ),
    ),
    check=_check,
    reach=48,
    shapes=Shape.DOTTED | Shape.COLONED,
    cues=("IP", "아이피", "IPv4", "IPv6", "접속지", "서버", "host", "server", "address"),
    examples=(
        "«192.168.0.1»에서 접속",
        "아이피 «8.8.8.8»로",
        "from «106.31.73.20».",
        "«192.168.0.1» 장비와 재판 «192.168.0.2»",
        "http://«86.121.97.248»:8080/x",
        "«１９２．１６８．０．１»",
        "«6e40:4041:c617:e898:c11:40d2:c669:2eb4»에서",
        "«2001:db8:85a3::8a2e:370:7334»",
        "IP는 «fe80::1»이다",
    ),
    traps=(
        "버전 1.2.3.4",
        "버전 192.168.0.1",
        "v10.200.30.4",
        "3.14.15.92",
        "2.1.3.1 개요",
        "256.1.1.300",
        "1.2.3.4.5.6",
        "Chrome 74.0.3729.169",
        "12:30:45",
        "std::cout",
        "요한복음 3:16",
        "aa:bb:cc:dd:ee:ff",
        "2019.01.02.03",
        "abc::def",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
