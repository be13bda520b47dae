"""Surrogates: nobody's values of the same shape, the same for the same value and key, that particles agree with."""

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from random import Random

import pyarrow as pa
import pytest

from pipelines.core.errors import MalmoiError
from pipelines.privacy.detect import find, scrub_or_give_up
from pipelines.privacy.disguises import plant
from pipelines.privacy.key import ScrubKey
from pipelines.privacy.kind import Kind
from pipelines.privacy.known import KINDS
from pipelines.privacy.replacing import Replacement
from pipelines.privacy.surrogates import agreeing

KEYS = [ScrubKey(f"{number:02x}0123456789abcdef" * 4) for number in (1, 2)]
ABLE = [kind for kind in KINDS if kind.surrogate is not None]
ENDINGS = ({"2", "4", "5", "9"}, {"1", "7", "8"}, {"0", "3", "6"})
"""Digits by how their Korean reading ends: 이 사 오 구; 일 칠 팔; 영 삼 육."""


def digits(value: str) -> str:
    return re.sub("[^0-9]", "", value)


def luhn_sum(number: str) -> int:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value // 10 + value % 10 for value in doubled)


def business_sum(number: str) -> int:
    weighted = sum(int(digit) * weight for digit, weight in zip(number, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=False))
    return weighted + int(number[8]) * 5 // 10 + int(number[9])


def iban_number(value: str) -> int:
    plain = value.replace(" ", "").upper()
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97


def is_of_neither(number: str) -> bool:
    """Whether a number of 13 digits has neither a day nor a type of corporation in its fifth and sixth."""
    types = "11 12 13 14 15 21 22 " + " ".join(map(str, range(31, 54))) + " 71 81 82 83 84 85 86"
    return int(digits(number)[4:6]) > 31 and digits(number)[4:6] not in types


def is_no_day(value: str) -> bool:
    """Whether one number at most could be a day or a month, in whatever order they are read."""
    parts = [value[-6:-4], value[-4:-2], value[-2:]] if value.isdigit() else re.findall("[0-9]+", value)
    return sum(int(part) <= 31 for part in parts) <= 1


DOCUMENTATION = [ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
NOBODYS: dict[str, Callable[[str], bool]] = {
    "birth_date": is_no_day,
    "business_number": lambda value: business_sum(digits(value)) % 10 != 0,
    "card": lambda value: luhn_sum(digits(value)) % 10 != 0,
    "coordinates": lambda value: all(float(number) > 180 for number in re.findall(r"[0-9]+\.[0-9]+", value)),
    "corporate_number": is_of_neither,
    "customs_code": lambda value: value[0] in "Xx",
    "driver_licence": lambda value: int(digits(value)[:2]) > 28,
    "email": lambda value: re.fullmatch(r"[^aeiouy]+@(?:example\.(?:com|org)|mail\.example)", value) is not None,
    "foreigner_number": is_of_neither,
    "iban": lambda value: iban_number(value) != 1 and value[2:4] == "00",
    "imei": lambda value: luhn_sum(digits(value)) % 10 != 0,
    "ip_address": lambda value: any(ip_address(value) in network for network in DOCUMENTATION),
    "mac_address": lambda value: re.sub("[:-]", "", value).lower().startswith("00005e0053"),
    "phone": lambda value: (
        re.search(r"(?:\A|[^0-9])0?1[016789][-. ]?0|555[-. ]?01|[-. )]0|\A0[2-6][0-9]?0", value) is not None
    ),
    "resident_number": is_of_neither,
    "social_security": lambda value: digits(value).startswith("666"),
    "vehicle_plate": lambda value: re.search("[카타파커터퍼코토포쿠투푸] ?[0-9]{4}$", value) is not None,
}
"""Why no surrogate of a kind is anybody's, said once more in other words."""


def values_of(kind: Kind, count: int = 60) -> list[str]:
    planted = plant(3, [kind], ["plain"], count)
    return [each.text[each.start : each.end] for each in planted]


def surrogate(kind: Kind, value: str, key: ScrubKey = KEYS[0]) -> str:
    return Replacement({"default": "surrogate"}, key).text(kind, value)


def test_every_kind_with_surrogates_says_why_they_are_nobodys() -> None:
    assert {kind.name for kind in ABLE} == NOBODYS.keys()


@pytest.mark.parametrize("kind", ABLE, ids=lambda kind: kind.name)
def test_a_surrogate_is_nobodys_and_has_the_shape_of_the_value(kind: Kind) -> None:
    made = [(value, surrogate(kind, value)) for value in values_of(kind)]
    replaced = [(value, found) for value, found in made if found != kind.placeholder]
    assert len(replaced) > len(made) // 3
    for value, found in replaced:
        assert NOBODYS[kind.name](found)
        assert found != value or NOBODYS[kind.name](value)
        if kind.name not in ("email", "ip_address", "mac_address"):
            assert shape(kind, found) == shape(kind, value)
        if found[-1].isdigit() and value[-1].isdigit():
            assert any({found[-1], value[-1]} <= ending for ending in ENDINGS)


def shape(kind: Kind, value: str) -> str:
    """The value with one digit, letter and syllable for all; of dates and positions, one for a run of them."""
    plain = re.sub("[가-힣]", "가", re.sub("[A-Za-z]", "A", re.sub("[0-9]", "0", value)))
    return re.sub(r"([0A])\1+", r"\1", plain) if kind.name in ("birth_date", "coordinates") else plain


@pytest.mark.parametrize("kind", ABLE, ids=lambda kind: kind.name)
def test_the_same_value_has_the_same_surrogate_for_a_key_and_no_other(kind: Kind) -> None:
    values = [value for value in values_of(kind) if surrogate(kind, value) != kind.placeholder]
    assert [surrogate(kind, value) for value in values] == [surrogate(kind, value) for value in values]
    others = [surrogate(kind, value) != surrogate(kind, value, KEYS[1]) for value in values]
    assert sum(others) > len(others) // 2  # two of few surrogates may be the same
    once = [surrogate(kind, value) for value in values]
    assert all(surrogate(kind, each) in (each, kind.placeholder) for each in once)


def test_a_value_written_otherwise_is_the_same_and_keeps_its_separators() -> None:
    phone = next(kind for kind in ABLE if kind.name == "phone")
    made = [surrogate(phone, value) for value in ("010-2345-6789", "010 2345 6789", "01023456789", "０１０-2345-6789")]
    assert len({digits(each) for each in made}) == 1
    assert [re.sub("[0-9]", "", each) for each in made] == ["--", "  ", "", "--"]
    abroad = surrogate(phone, "+82-10-2345-6789")
    assert digits(abroad)[4:] == digits(made[0])[3:] and abroad.startswith("+82-10-0")


@pytest.mark.parametrize(
    "value", ["0161 234 5678", "01612345678", "0412345678", "010-1234567", "+46 8 928 571 38", "0775 2212 211"]
)
def test_a_telephone_number_of_another_plan_has_no_surrogate(value: str) -> None:
    phone = next(kind for kind in ABLE if kind.name == "phone")
    assert surrogate(phone, value) == phone.placeholder


def test_an_extension_does_not_move_the_digits_of_a_number() -> None:
    phone = next(kind for kind in ABLE if kind.name == "phone")
    assert surrogate(phone, "(579) 888-3058x1") == phone.placeholder
    assert re.fullmatch(r"\(579\) 555-01\d\d", surrogate(phone, "(579) 888-3058"))


def test_an_address_for_examples_keeps_no_name() -> None:
    email = next(kind for kind in ABLE if kind.name == "email")
    made = surrogate(email, "kim.minsu77@example.com")
    assert re.fullmatch(r"[^aeiouy]{3}\.[^aeiouy]{5}\d\d@example\.com", made)


@pytest.mark.parametrize(
    ("value", "domain"),
    [("a1@naver.com", "example.com"), ("a1@daum.net", "example.com"), ("a1@korea.ac.kr", "mail.example")],
)
def test_the_domain_of_an_address_takes_the_particle_of_the_one_before(value: str, domain: str) -> None:
    email = next(kind for kind in ABLE if kind.name == "email")
    assert surrogate(email, value).endswith(f"@{domain}")


@pytest.mark.parametrize("value", ["1990-03-05", "1990. 3. 5", "90.03.05", "900305", "19900305", "1990년 3월 5일"])
def test_a_day_written_otherwise_is_the_same(value: str) -> None:
    born = next(kind for kind in ABLE if kind.name == "birth_date")
    made = surrogate(born, value)
    parts = [made[-6:-4], made[-4:-2], made[-2:]] if made.isdigit() else re.findall("[0-9]+", made)
    first = re.findall("[0-9]+", surrogate(born, "March 5, 1990"))
    assert (int(parts[0]) % 100, int(parts[2])) == (int(first[1]) % 100, int(first[0]))


def test_kinds_without_surrogates_keep_their_placeholder() -> None:
    replacement = Replacement({"default": "surrogate"}, KEYS[0])
    texts = pa.array(["여권 M12345678, 전화 010-2345-6789입니다."])
    found = scrub_or_give_up(texts, "ko", None, None, replacement).texts[0].as_py()
    assert re.fullmatch(r"여권 \[PASSPORT\], 전화 010-0\d{3}-\d{4}입니다\.", found)


@pytest.mark.parametrize("kind", ABLE, ids=lambda kind: kind.name)
def test_a_second_scrub_with_the_same_key_changes_nothing(kind: Kind) -> None:
    replacement = Replacement({"default": "surrogate"}, KEYS[0])
    texts = pa.array([each.text for each in plant(5, [kind], ["plain"], 40)])
    once = scrub_or_give_up(texts, "ko", (kind.name,), None, replacement).texts
    assert not once.equals(texts)
    assert scrub_or_give_up(once, "ko", (kind.name,), None, replacement).texts.equals(once)


def test_removal_takes_one_of_two_spaces() -> None:
    removal = Replacement({"default": "removal"})
    texts = pa.array(
        [
            *("전화 010-2345-6789 입니다", "010-2345-6789 번", "번호 010-2345-6789", "(010-2345-6789)로", None),
            *("번호 010-2345-6789\n다음", "곳은kim@naver.com(010-2345-6789 번)", "가010-2345-6789kim@naver.com 나"),
        ]
    )
    found = scrub_or_give_up(texts, "ko", None, None, removal).texts
    assert found.to_pylist() == ["전화 입니다", "번", "번호", "()로", None, "번호\n다음", "곳은( 번)", "가 나"]


def test_drop_names_the_rows_and_their_kind() -> None:
    replacement = Replacement({"default": "placeholder", "email": "drop"})
    texts = pa.array(["메일은 kim@example.com이다", "전화는 010-2345-6789이다", "글"])
    found = scrub_or_give_up(texts, "ko", None, None, replacement)
    assert found.dropped == {0: "email"} and found.counts == {"email": 1, "phone": 1}
    assert find(found.texts, "ko").num_rows == 0


@pytest.mark.parametrize("given", ["", "abc", "0" * 64, "zz" * 32, "0123456789abcdef" * 3])
def test_a_key_that_is_none_is_refused_and_not_shown(given: str) -> None:
    with pytest.raises(MalmoiError) as refused:
        ScrubKey(given)
    assert len(given) < 8 or given not in str(refused.value)


def test_letters_and_digits_agree_with_their_own_ending_only() -> None:
    random = Random(1)
    for ending in ENDINGS:
        last = random.choice(sorted(ending))
        assert set(agreeing(last, "0123456789")) == ending
