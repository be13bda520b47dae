"""Bank account number (계좌번호): 10 to 16 digits in a layout of the bank's own, so a bank or cue must stand near."""

import re
from random import Random

from pipelines.privacy.drawing import fill
from pipelines.privacy.kind import Found, Kind, Shape

_START, _END = r"(?<![0-9A-Za-z])(?<![0-9]-)", r"(?![0-9A-Za-z])(?!-[0-9])"
_SHORT_BANKS = (
    *("국민", "신한", "우리", "하나", "기업", "제일", "씨티", "부산", "대구", "광주", "전북", "경남", "제주", "산업"),
    *("토스", "카뱅", "케뱅"),
)
_SHORT_BANK = re.compile(rf"(?:{'|'.join(_SHORT_BANKS)})[ :)]{{0,2}}\Z")
_DATE = re.compile(r"(?:19|20)[0-9]{2}[-./ ](?:0?[1-9]|1[0-2])[-./ ][0-3]?[0-9](?![0-9])")
_LAYOUTS = (
    ("국민은행", "######-0#-######"),
    ("신한은행", "110-###-######"),
    ("우리은행", "1002-###-######"),
    ("하나은행", "###-######-###07"),
    ("농협", "302-####-####-#1"),
    ("농협은행", "312-##-######"),
    ("카카오뱅크", "3333-##-#######"),
    ("IBK기업은행", "N##-######-01-###"),
    ("토스뱅크", "1000-####-####"),
    ("우체국", "######-02-######"),
    ("새마을금고", "9002-####-####-#"),
)
_WORDS = ("계좌번호", "계좌번호는", "계좌:", "입금계좌", "account number", "bank account:")


def _check(found: Found) -> float:
    if not 10 <= len(found.digits) <= 16 or found.counted or found.fraction or _DATE.match(found.value):
        return 0.0
    named_bank = _SHORT_BANK.search(found.before) is not None and len(found.groups) > 1
    if found.cue is None and not named_bank:
        return 0.0
    confidence = found.confidence(checked=False) if found.cue is not None else 0.7
    return confidence - 0.25 * (found.groups == (6, 7))  # the grouping of registration numbers, which come first


def _draw(random: Random) -> str:
    bank, layout = random.choice(_LAYOUTS)
    return f"{random.choice((bank, bank, *_WORDS))} {fill(layout, random)}"


def _grouped(sizes: tuple[int, ...]) -> re.Pattern[str]:
    """The layout of a bank, whatever stands between its groups."""
    return re.compile(_START + r"[-./ \n]{1,3}".join(f"[0-9]{{{size}}}" for size in sizes) + _END)


_PATTERNS = (
    re.compile(f"{_START}[0-9]{{2,6}}(?: ?[-./] ?[0-9]{{1,8}}){{1,4}}{_END}"),
    re.compile(f"{_START}[0-9]{{2,6}} [0-9]{{2,6}} [0-9]{{2,8}}{_END}"),
    re.compile(f"{_START}[0-9]{{10,16}}{_END}"),
    re.compile(f"{_START}[0-9](?:[-. ]{{1,3}}[0-9]){{9,15}}{_END}"),
    *map(_grouped, sorted({tuple(map(len, layout.split("-"))) for _, layout in _LAYOUTS})),
)

KIND = Kind(
    name="account",
    patterns=_PATTERNS,
    cued_patterns=tuple((pattern, None) for pattern in _PATTERNS),
    openers=_SHORT_BANKS,
    check=_check,
    shapes=Shape.DIGITS,
    digits=10,
    cues=(
        *(
            "계좌번호",
            "계좌",
            "예금주",
            "입금",
            "송금",
            "이체",
            "통장",
            "은행",
            "뱅크",
            "농협",
            "수협",
            "신협",
            "우체국",
        ),
        *("새마을금고", "KB", "IBK", "NH", "account", "acct", "a/c", "bank"),
    ),
    examples=(
        "계좌번호는 «110-123-456789»입니다",
        "신한은행 «110-123-456789»로 보내라",
        "국민 «123456-01-123456» 홍길동",
        "카카오뱅크 «3333-01-1234567»(예금주 홍길동)",
        "«302-1234-5678-91» 농협",
        "입금 계좌: «1002123456789»",
        "account number «123456789012».",
        "우리은행 «１００２－１２３－４５６７８９»",
        "계좌번호 «802-005538-45032»로 연락처와 함께",
        "계좌 «110 123 456789»로",
        "계좌번호 «302 1234 5678 91»과",
        "계좌번호\n«110-123\n456789»",
        "계좌번호: «1 1 0 - 1 2 3 - 4 5 6 7 8 9»",
    ),
    traps=(
        "110-123-456789",
        "계좌에 1,234,567,890원을 넣었다",
        "계좌로 10000000000원 입금",
        "국민 1234567890명",
        "입금일 2019-05-01-1234",
        "우리 1234567890",
        "은행 고객센터 1588-1234",
        "bank account opened 2019-05-01",
    ),
    draw=_draw,
)
