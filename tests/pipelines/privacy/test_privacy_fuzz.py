"""Generated strings of digits, dashes, Hangul, invisible characters and cues: nothing breaks, and twice is once."""

from random import Random

import pyarrow as pa
import pytest

from pipelines.privacy import find, scrub
from pipelines.privacy.detect import scrub_or_give_up

STRINGS = 2_500
ATOMS = [
    *("0123456789" * 3),
    *"-‐‑–—−－ㅡ./ :()+@*\n\t",
    *"\u200b\u200d\u2060\ufeff\u00ad\u0301\u0304\u20dd\u3164",
    *"가나다로에서이은는 을일이삼사오육칠팔구공영호동층번지OoIlxX①²Ａ１",
    *("다시", " 계좌 ", "주민번호 ", "여권 ", "전화 ", "IP ", "://", "MAC ", "sk-", "password: ", "생년월일 ", "12가 "),
    *("서울 강남구 테헤란로 ", "PRIVATE KEY-----", "GB82 WEST ", "@x.com", "카드 ", "위도 ", "인스타 @"),
]


@pytest.mark.parametrize(("seed", "language"), [(1, "ko"), (2, "ko"), (3, "en"), (4, "other")])
def test_nothing_breaks_and_twice_is_once(seed: int, language: str) -> None:
    random = Random(seed)
    texts = ["".join(random.choices(ATOMS, k=random.randrange(1, 60))) for _ in range(STRINGS)]
    reached = (-1, 0)
    for span in find(pa.array(texts), language).to_pylist():
        assert reached <= (span["row"], span["start"])
        assert span["start"] < span["end"] <= len(texts[span["row"]])
        reached = (span["row"], span["end"])
    once = scrub_or_give_up(pa.array(texts), language)
    assert len(once.unfinished) == 0
    assert scrub(once.texts, language).to_pylist() == once.texts.to_pylist()
