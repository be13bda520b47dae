"""What spares the detectors work changes nothing of what they find."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import numpy as np
import pyarrow as pa
import pytest

from pipelines.core.arrow import string_buffers
from pipelines.privacy import KINDS, find, scrub
from pipelines.privacy.detect import scrub_or_give_up
from pipelines.privacy.fold import CHARACTERS, fold
from pipelines.privacy.kind import Kind, comparable_as_a_whole
from pipelines.privacy.numbers import DRAWN, MARKED, READ_OUT, STROKED
from pipelines.privacy.plain import written_otherwise
from pipelines.privacy.vouchers import EVERY_KIND, Vouchers, vouched
from pipelines.privacy.window import Plan, search_everywhere

ATOMS = [
    *("0123456789" * 4),
    *"-./ :()+@*\n가는로이일공영오육OoIlㅇ①²~_ㅡ\u200b\u0301A",
    *("010", "82 10", "02", "+", "다시", "[PHONE]", " 415-", "  ", " - "),
]
SHORTENED = [kind for kind in KINDS if kind.cued_patterns or kind.run]


def strings(seed: int, count: int, extra: tuple[str, ...] = ()) -> Iterator[str]:
    random = Random(seed)
    atoms = [*ATOMS, *extra]
    for _ in range(count):
        yield "".join(random.choices(atoms, k=random.randrange(1, 90)))


def fuller(kind: Kind) -> Kind:
    """The kind without what spares work."""
    return replace(kind, cued_patterns=(), run=0)


@pytest.mark.parametrize("kind", SHORTENED, ids=lambda kind: kind.name)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_patterns_that_need_a_cue_find_the_same_where_they_are_tried(kind: Kind, language: str) -> None:
    random = Random(kind.name)
    words = tuple(f"{word} " for word in (*kind.cues, *kind.openers)[:12])
    drawn = tuple(f"{kind.draw(random)} " for _ in range(6))
    texts = [*kind.examples, *kind.traps, *strings(3, 400), *strings(4, 600, words), *strings(5, 600, words + drawn)]
    found = 0
    for text in texts:
        expected = search_everywhere(text, language, (fuller(kind),))
        assert search_everywhere(text, language, (kind,)) == expected
        found += len(expected)
    assert found > len(kind.examples)


def test_cued_patterns_are_among_the_patterns() -> None:
    for kind in KINDS:
        assert {pattern for pattern, _ in kind.cued_patterns} <= set(kind.patterns)
        assert not kind.openers or kind.cued_patterns


def test_what_is_not_told_to_be_written_otherwise_is_not_folded() -> None:
    known = [text for kind in KINDS for text in (*kind.examples, *kind.traps)]
    decomposed = [unicodedata.normalize("NFD", text) for text in known]
    texts = [
        *strings(6, 6000),
        *strings(7, 6000, ("０１", "\u301c", "一", "，", "１~２", "이삼사", "삼 일", "공1", "1영")),
        *known,
        *decomposed,
    ]
    offsets, data = string_buffers(pa.array(texts))
    told = written_otherwise(data, offsets[:-1], offsets[1:])
    for text, what in zip(texts, told.tolist(), strict=True):
        whole, part = fold(text), fold(text, what)
        assert (part.text, part.rewritten) == (whole.text, whole.rewritten)
        assert np.array_equal(part.original, whole.original)  # type: ignore[arg-type]
    for bit in (CHARACTERS, READ_OUT, DRAWN, MARKED, STROKED):
        assert 0.02 < np.mean(told & bit != 0) < 0.9
    assert 0.05 < np.mean(told == 0) < 0.95


@pytest.mark.parametrize("count", [3, 100, 1000])
def test_a_row_of_plates_is_found_whole(count: int) -> None:
    assert find(pa.array(["12가3456 " * count]), "ko").num_rows == count
    assert find(pa.array(["12가3456 " * count + "판결"]), "ko").num_rows == 0


@pytest.mark.parametrize(
    "unit", ["1 2 ", "8(", "0(", "0 1 0 ", "6/-", "1I", "12가3456 ", "계좌 1 2 ", "전화 3(", "김 이 "]
)
def test_units_repeated_come_to_an_end(unit: str) -> None:
    assert len(scrub_or_give_up(pa.array([unit * 2_000]), "ko").unfinished) == 0


def test_a_second_scrub_of_long_runs_of_capitalised_words_changes_nothing() -> None:
    words = [
        "John",
        "Mary",
        "Smith",
        "Keira",
        "Washington",
        "London",
        "Street",
        "Company",
        "The",
        "Of",
        "And",
        "Jones",
        "van",
        "de",
        "Mr.",
        "Dr.",
        "President",
        "University",
        "Bank",
        "Monday",
        "Garcia",
        "Lee",
        "Anderson",
        "Institute",
        "County",
        "Park",
        "said",
        "met",
        "with",
    ]
    choose = Random(1)
    texts = pa.array([" ".join(choose.choices(words, k=choose.randrange(6, 22))) + "." for _ in range(4_000)])
    once = scrub(texts, "en")
    assert once != texts
    assert scrub(once, "en").equals(once)


def test_a_kind_that_nothing_is_told_to_vouch_for_has_no_word_there() -> None:
    cued = {index: kind for index, kind in enumerate(KINDS) if kind.cued_patterns}
    words = tuple(word for kind in cued.values() for word in kind.vouchers)
    written = tuple(form for word in words for form in (word.upper(), word.title(), unicodedata.normalize("NFD", word)))
    others = ("PaSSport", "pa\u017f\u017fport", "ban\u212a", "ΣΑΣ", "é", "½", "·", "“", "ㅋㅋ", "1", " ", "다")
    random = Random(8)
    texts = ["".join(random.choices([*words, *written, *others * 9], k=random.randrange(1, 9))) for _ in range(6000)]
    offsets, data = string_buffers(pa.array(texts))
    told = vouched(data, offsets[:-1], offsets[1:], Vouchers.of(KINDS))
    seen = 0
    for text, bits in zip(texts, told.tolist(), strict=True):
        comparable = comparable_as_a_whole(text)
        for index, kind in cued.items():
            stands = comparable is None or any(word in comparable for word in kind.vouchers)
            assert bits >> index & 1 or not stands
            seen += stands
    assert seen > 1000
    assert 0.2 < np.mean(told == EVERY_KIND) < 0.9


def test_where_nothing_vouches_what_needs_a_cue_is_not_searched_for() -> None:
    offsets, data = string_buffers(pa.array(["2019-01-02, 1234-56-7890123", "계좌 1234-56-7890123", "Ａccount"]))
    account, phone = (next(i for i, kind in enumerate(KINDS) if kind.name == name) for name in ("account", "phone"))
    told = vouched(data, offsets[:-1], offsets[1:], Vouchers.of(KINDS)).tolist()
    assert told == [0, 1 << account, EVERY_KIND]
    plan = Plan(KINDS, ())
    assert not plan.of(account, told[0]).tried and plan.of(account, told[1]).tried
    assert len(plan.of(phone, told[0]).tried) == len(KINDS[phone].patterns)
