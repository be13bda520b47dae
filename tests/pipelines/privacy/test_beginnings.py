"""What is told to begin nowhere matches nowhere, whatever is written; and little is told to begin in ordinary text."""

import re
from random import Random

import numpy as np
import pytest

from pipelines.privacy import KINDS, automaton
from pipelines.privacy.automaton import WORDS, sequence_numbers
from pipelines.privacy.beginnings import beginnings_in, followed
from pipelines.privacy.fold import MASK
from pipelines.privacy.pattern_trees import END, Behind, Either, OneOf, Untold, tree

PATTERNS = tuple(sequence_numbers())
ATOMS = [
    *("0123456789" * 4),
    *"-./ :()+@*\n\t가는로이일공길동호층,산BxX_#?=[]'\"%~ſK",
    *(
        "010",
        "82 10",
        "02",
        " 415-",
        "  ",
        "://",
        "Main Street",
        "St ",
        "PO Box ",
        "Apt ",
        "sk-",
        "ghp_",
        "eyJ",
        "AKIA",
    ),
    *(
        "kim@naver.com",
        "(at)",
        " dot ",
        "instagram.com/",
        "카톡 아이디 ",
        "Jan 3, ",
        "1990년 ",
        "서울 12가 ",
        "DE89 ",
        MASK,
    ),
]


def everything(count: int) -> np.ndarray:
    return np.full((count, WORDS), (1 << 64) - 1, np.uint64)


def texts(seed: int, count: int) -> list[str]:
    random = Random(seed)
    drawn = [each.draw(random) for each in KINDS for _ in range(6)]
    known = [text for kind in KINDS for text in (*kind.examples, *kind.traps)]
    mixed = ["".join(random.choices([*ATOMS, *drawn], k=random.randrange(1, 40))) for _ in range(count)]
    return [*known, *(text.replace("«", "").replace("»", "") for text in known), *drawn, *mixed]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_pattern_that_matches_is_told_to_begin(seed: int) -> None:
    written = texts(seed, 4000)
    matched = set()
    for text, begun in zip(written, beginnings_in(written, everything(len(written))), strict=True):
        for number, pattern in enumerate(PATTERNS):
            starts = {match.start() for match in pattern.finditer(text)}
            assert starts <= {*begun.get(number, ())}, pattern.pattern
            matched |= {number} if starts else set()
    assert len(matched) > 0.9 * len(PATTERNS)


def test_only_what_is_wanted_is_told() -> None:
    (begun,) = beginnings_in(["010-1234-5678 kim@naver.com"], everything(1))
    assert begun
    assert beginnings_in(["010-1234-5678 kim@naver.com"], np.zeros((1, WORDS), np.uint64)) == [{}]


def test_places_are_in_order_and_none_is_told_before_the_first_that_is_looked_at() -> None:
    text = "010-1234-5678 kim@naver.com, " * 20
    (everywhere,) = beginnings_in([text], everything(1))
    (later,) = beginnings_in([text], everything(1), [200])
    assert all(places == sorted(places) for places in everywhere.values())
    assert later == {
        number: behind
        for number, places in everywhere.items()
        if (behind := [place for place in places if place >= 200])
    }


def test_email_begins_only_where_an_at_sign_follows_soon() -> None:
    (email,) = (kind for kind in KINDS if kind.name == "email")
    numbers = followed(email).numbers
    (begun,) = beginnings_in(["Send it to kim@naver.com before the end of the week, please."], everything(1))
    assert {place for number in numbers for place in begun.get(number, ())} == {11}


@pytest.mark.parametrize("characters", [1, 40, 47, 48, 49, 60])
def test_what_is_decided_late_begins(characters: int) -> None:
    (credentials,) = (kind for kind in KINDS if kind.name == "credentials")
    text = f"postgres://{'u' * characters}:word@example"
    (begun,) = beginnings_in([text], everything(1))
    matches = {each.pattern.search(text) for each in followed(credentials).tried}
    starts = {match.start() for match in matches if match}
    assert starts
    assert starts <= {place for number in followed(credentials).numbers for place in begun.get(number, ())}


def test_little_begins_in_ordinary_text() -> None:
    ordinary = "2019년 3월 2일에는 제12조를 따라 천 원을 주었다. 그는 12:30에 25명과 왔다."
    (begun,) = beginnings_in([ordinary], everything(1))
    assert len(begun) < len(PATTERNS) / 4


def test_a_pattern_that_there_are_no_bits_for_may_begin_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton, "WORD", 8)
    sequence_numbers.cache_clear()
    try:
        tried = [each for kind in KINDS for each in followed(kind).tried]
        assert {each.number is None for each in tried} == {True, False}
        assert any(followed(kind).anywhere for kind in KINDS)
    finally:
        sequence_numbers.cache_clear()


def test_a_tree_lets_through_what_its_pattern_matches_where_it_is_hard_to_tell() -> None:
    match, ahead = tree(re.compile(r"(?<![0-9])(?=ab)([xy])\1(?:c|de){2,}(?!q)(?=\Z)"))
    behind, first, again, repeated, end, rest = match
    assert behind == Either(((Behind(False, (((48, 57),),)),),))
    assert isinstance(first, OneOf) and again == first
    assert repeated.fewest == 2 and end == OneOf(((END, END),)) and rest == Untold()  # type: ignore[union-attr]
    assert len(ahead) == 1
