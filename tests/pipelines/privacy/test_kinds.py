"""Every kind against its own examples and traps, the traps of all others, and numbers that others have published."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.privacy import KINDS, PLACEHOLDERS, find, scrub
from pipelines.privacy.kinds import NAMES
from pipelines.privacy.kinds.business_number import business_check_digit
from pipelines.privacy.kinds.card import luhn_valid
from pipelines.privacy.kinds.corporate_number import corporate_check_digit
from pipelines.privacy.registration import resident_check_digit

VECTORS = Path(__file__).parents[4] / "shared/data/pii_kr_vectors"

TRAPS = """\
2019-01-02
2019.01.02 12:30
2019년 1월 2일 오후 3시 12분
20190102T123456Z
2019-01-02T03:04:05.123456+09:00
20190102123456
1546300800
1546300800000
ISBN 978-89-7914-874-9
ISBN 89-7914-874-9
doi:10.1016/0304-3975(76)90059-2
https://doi.org/10.1000/182.0123456
제12조 제3항 및 법률 제12345678호
대법원 2020다12345 판결
헌재 2019헌바123
1,234,567원
12조 3456억원
1234567890원
버전 1.2.3.4
v2.10.3.100
Windows 10.0.19041.1
요한복음 3:16-18
3-2로 이겼다
경기는 102-98로 끝났다
고객센터 1588-1234, 1600-0000, 1899-9999, 1644-1234
무료 080-123-4567
주문번호 2019010112345678
주문번호: 20190101-1234567
order number 1234567890123
운송장 123456789012
pp. 1990-2000
1990-2000년
1990~2000, 2001~2010
37.566535, 126.977969
@hong_gildong
a@b
x@y=z
icon@2x.png
12:30:45
std::vector
010-020-030
3.1415926535897932
1/2/3/4/5/6/7/8
2,147,483,647
550e8400-e29b-41d4-a716-446655440000
0x1234567890abcdef
전화 2019-01-02
전화요금 1234567원
계좌에 1,234,567,890원
우편번호 06236, 사서함 1234
1 2 3 4 5 6 7 8 9 10 11 12
학번 2019123456
""".splitlines()


def marked(example: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and the places that were marked."""
    text, spans = "", []
    for part in re.split("([«»])", example):
        if part == "«":
            spans.append((len(text), -1))
        elif part == "»":
            spans[-1] = (spans[-1][0], len(text))
        else:
            text += part
    return text, spans


def language(text: str) -> str:
    return "ko" if re.search("[가-힣]", text) else "en"


def found(text: str, language: str) -> list[tuple[int, int, str]]:
    return [(row["start"], row["end"], row["kind"]) for row in find(pa.array([text]), language).to_pylist()]


@pytest.mark.parametrize(("kind", "example"), [(kind.name, example) for kind in KINDS for example in kind.examples])
def test_examples_are_found_exactly(kind: str, example: str) -> None:
    text, spans = marked(example)
    assert spans
    beside = {"person_name"} - {kind}  # numbers stand beside the names of those who have them
    assert [find for find in found(text, language(text)) if find[2] not in beside] == [
        (start, end, kind) for start, end in spans
    ]


@pytest.mark.parametrize(("kind", "trap"), [(kind.name, trap) for kind in KINDS for trap in kind.traps])
def test_traps_of_a_kind_are_not_taken_for_it(kind: str, trap: str) -> None:
    for spoken in ("ko", "en", "other"):
        assert kind not in [name for _, _, name in found(trap, spoken)]


@pytest.mark.parametrize("trap", TRAPS)
def test_what_is_no_personal_data_is_left_alone(trap: str) -> None:
    for spoken in ("ko", "en", "other"):
        assert found(trap, spoken) == []
        assert found(f"그는 {trap} 라고 적었다. {trap}에서 나왔다.", spoken) == []


def test_each_kind_has_data_and_a_placeholder_of_its_own() -> None:
    assert all(kind.examples and kind.traps for kind in KINDS)
    assert [kind.name for kind in KINDS if not kind.patterns] == ["person_name"]
    assert [kind.name for kind in KINDS] == list(NAMES)
    assert [kind.placeholder for kind in KINDS] == list(PLACEHOLDERS)
    assert {
        *("[EMAIL]", "[PHONE]", "[RESIDENT_NUMBER]", "[FOREIGNER_NUMBER]", "[CARD]", "[BUSINESS_NUMBER]"),
        *("[CORPORATE_NUMBER]", "[ACCOUNT]", "[PASSPORT]", "[DRIVER_LICENCE]", "[IP_ADDRESS]", "[CREDENTIALS]"),
    } <= set(PLACEHOLDERS)


def test_particles_stay_behind_the_placeholder() -> None:
    text = "전화는 010-1234-5678로, 메일은 hong@example.com으로, 서버는 192.168.10.120에서"
    assert scrub(pa.array([text]), "ko").to_pylist() == [
        "전화는 [PHONE]로, 메일은 [EMAIL]으로, 서버는 [IP_ADDRESS]에서"
    ]


def test_the_nearer_word_decides_between_a_person_and_a_company() -> None:
    text = "법인등록번호 110111-1234567, 대표 주민등록번호 110111-3234567"
    assert [kind for _, _, kind in found(text, "ko")] == ["corporate_number", "resident_number"]


def test_check_digits_of_published_numbers() -> None:
    assert business_check_digit("124810099") == 8
    assert corporate_check_digit("130111000624") == 6
    assert resident_check_digit("960121102141") == 3
    assert resident_check_digit("050912200001") == 9
    assert luhn_valid("49927398716")
    assert luhn_valid("4111111111111111")
    assert luhn_valid("490154203237518")
    assert not luhn_valid("49927398717")


@pytest.mark.skipif(not VECTORS.exists(), reason="test vectors are not here")
def test_business_numbers_of_python_stdnum() -> None:
    """Numbers in use, from its own tests, and the malformed ones; three of them have a digit that does not add up."""
    rows = [json.loads(line) for line in (VECTORS / "stdnum_kr_brn.jsonl").read_text().splitlines()]
    scrubbed = scrub(pa.array([f"사업자등록번호 {row['input']}의" for row in rows]), "ko").to_pylist()
    hits = [text == "사업자등록번호 [BUSINESS_NUMBER]의" for text in scrubbed]
    valid = [not row["expected"].startswith("Invalid") for row in rows]
    assert [row["input"] for row, hit, good in zip(rows, hits, valid, strict=True) if hit != good] == [
        "206-18-12345",
        "306-82-00417",
        "728-86-00316",
    ]


# Bare values that need a word beside them here, since their shape alone is that of part and order numbers.
NEEDS_CUE = {"KR_PASSPORT": "여권", "KR_DRIVER_LICENSE": "운전면허", "KR_BRN": "사업자등록번호"}
KIND_OF = {
    "KR_RRN": "resident_number",
    "KR_FRN": "foreigner_number",
    "KR_BRN": "business_number",
    "KR_PASSPORT": "passport",
    "KR_DRIVER_LICENSE": "driver_licence",
}


# Presidio knows nobody who was born before 1900; the check digit of this number is right.
BORN_BEFORE_1900 = "051102-9234110"


@pytest.mark.skipif(not VECTORS.exists(), reason="test vectors are not here")
def test_cases_of_presidio() -> None:
    for line in (VECTORS / "presidio_kr.jsonl").read_text().splitlines():
        case = json.loads(line)
        if case["text"] == BORN_BEFORE_1900:
            continue
        entity = case["_entities"][0]
        prefix = f"{NEEDS_CUE[entity]} " if entity in NEEDS_CUE and case["expected_len"] else ""
        places = [(start, end) for start, end, kind in found(prefix + case["text"], "ko") if kind == KIND_OF[entity]]
        expected = [(start + len(prefix), end + len(prefix)) for start, end in case["expected_positions"]]
        assert places == expected, case["text"]
