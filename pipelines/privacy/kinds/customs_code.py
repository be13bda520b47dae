"""Personal customs clearance code (개인통관고유부호): P and 12 digits, no public check (Korea Customs Service)."""

import re
from random import Random

from pipelines.privacy.digit_groups import ORDER_DENIALS
from pipelines.privacy.drawing import fill
from pipelines.privacy.kind import Found, Kind, Shape
from pipelines.privacy.surrogates import Derive, digits_of, written_like

_SEPARATOR = r"[-./ \n]{0,3}"
_BARE = re.compile("P[0-9]{12}")
_LAYOUTS = ("P############", "P############", "P############", "P-####-####-####", "P #### #### ####", "p############")
_WORDS = ("개인통관고유부호", "개인통관고유부호:", "개인통관고유부호는", "통관부호", "통관번호", "PCCC", "customs code")


def _check(found: Found) -> float:
    """Without a word only the bare form counts; letter and digits are also how parts are numbered."""
    if found.denied and not found.named:
        return 0.0
    if found.cue is None and (not _BARE.fullmatch(found.value) or found.in_path):
        return 0.0
    return found.confidence(checked=found.cue is not None)


def _draw(random: Random) -> str:
    return f"{random.choice(_WORDS)} {fill(random.choice(_LAYOUTS), random)}"


def _surrogate(value: str, derive: Derive) -> str:
    """A code that begins with X: every one that the Korea Customs Service gives to a person begins with P."""
    digits = digits_of(value)
    if value[0] in "Xx":
        return value
    return written_like(value, "X" + derive(digits).digits_like(digits), "[0-9A-Za-z]")


KIND = Kind(
    name="customs_code",
    patterns=(
        re.compile(
            rf"[Pp](?<![0-9A-Za-z].){_SEPARATOR}[0-9]{{4}}{_SEPARATOR}[0-9]{{4}}{_SEPARATOR}[0-9]{{4}}"
            r"(?![0-9A-Za-z])(?!-[0-9])"
        ),
    ),
    check=_check,
    shapes=Shape.DIGITS,
    run=4,
    digits=12,
    cues=(
        *(
            "개인통관고유부호",
            "개인통관고유번호",
            "개인통관부호",
            "개인통관번호",
            "통관고유부호",
            "통관부호",
            "통관번호",
        ),
        *("개인통관", "통관", "PCCC", "customs code", "customs clearance", "customs id", "customs number"),
    ),
    denials=(
        *ORDER_DENIALS,
        *("부품", "품번", "모델", "제품", "상품", "시리얼", "자재", "바코드", "관리번호", "도면", "규격"),
        *("part", "parts", "model", "product", "sku", "p/n", "s/n", "item", "catalogue", "catalog", "barcode"),
    ),
    examples=(
        "개인통관고유부호 «P123456789012»",
        "개인통관고유부호는 «P200012345678»입니다",
        "통관부호: «P-1234-5678-9012»로 보내라",
        "개인통관고유부호 «p123456789012»이고",
        "통관번호 «P 1234 5678 9012»에서",
        "«P123456789012»를 적었다",
        "개인통관고유부호 «Ｐ１２３４５６７８９０１２»",
        "My customs code is «P123456789012».",
        "PCCC «P1234–5678–9012»",
    ),
    traps=(
        "부품 P123456789012",
        "일련번호 P123456789012",
        "part number P123456789012",
        "모델명 P123456789012 단종",
        "P-1234-5678-9012",
        "p123456789012",
        "P12345678901",
        "P1234567890123",
        "AP123456789012",
        "https://shop.example.com/goods/P123456789012",
        "P123456789012-3",
        "통관 수수료 123456789012원",
    ),
    draw=_draw,
    surrogate=_surrogate,
)
