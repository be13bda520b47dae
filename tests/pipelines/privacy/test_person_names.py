"""Names of persons: written in any way, found with what may follow them, left alone where they are known to all."""

import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.core.arrow import string_buffers
from pipelines.privacy import KINDS, find, scrub, scrub_counted
from pipelines.privacy.by_name import KnownNames
from pipelines.privacy.detect import scrub_or_give_up
from pipelines.privacy.names import find_all_names, find_names, has_long_line, name_keys
from pipelines.privacy.names.lines import LONGEST
from pipelines.privacy.names.vocabulary import name_lists, pack, unpack

WITHOUT_NAMES = tuple(kind.name for kind in KINDS if kind.name != "person_name")


def names(text: str, language: str = "ko") -> list[str]:
    _, data = string_buffers(pa.array([text]))
    return [data[start:end].tobytes().decode() for _, start, end in spans([text], language)]


def spans(texts: list[str], language: str = "ko") -> list[list[int]]:
    found: list[list[int]] = find_names(*string_buffers(pa.array(texts, pa.string())), language).tolist()
    return found


def keys(*written: str) -> list[int]:
    offsets, data = string_buffers(pa.array(list(written)))
    places = np.stack([np.arange(len(written)), offsets[:-1], offsets[1:]], axis=1)
    found: list[int] = name_keys(data, places).tolist()
    return found


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("김철수가 전화를 했다.", "김철수"),
        ("어제 박민준은 학교에 가지 않았다.", "박민준"),
        ("나는 이영희에게 편지를 썼다.", "이영희"),
        ("남궁민수씨는 집에 없었다.", "남궁민수"),
        ("담당자: 최수진", "최수진"),
        ("김 철수 씨는 집에 없었다.", "김 철수"),
        ("정다은 변호사를 선임했다.", "정다은"),
    ],
)
def test_a_name_is_found_without_its_particle(text: str, name: str, form: str) -> None:
    assert names(unicodedata.normalize(form, text)) == [unicodedata.normalize(form, name)]  # type: ignore[arg-type]


def test_what_is_not_seen_within_a_name_hides_nothing() -> None:
    assert names("김\u200b철\u00ad수 씨가 왔다.") == ["김\u200b철\u00ad수"]
    assert names("Ｄｅａｒ Ｍｒ. Ｊｏｈｎ Ｓｍｉｔｈ,", "en") == ["Ｊｏｈｎ Ｓｍｉｔｈ"]


def test_a_particle_has_to_agree() -> None:
    assert names("저기 김철수가 온다.") == ["김철수"]
    assert names("저기 김철수이 온다.") == []


def test_what_is_masked_already_and_a_surname_alone_are_no_names() -> None:
    assert names("김모 씨와 박○○ 씨, 홍*동 님, 김씨, 김 대리, 이 의원이 왔다.") == []


def test_english_names_stand_side_by_side() -> None:
    assert names("Mr. John R. Smith met Dr. Mary Johnson.", "en") == ["John R. Smith", "Mary Johnson"]


def test_initials_before_a_surname_belong_to_it() -> None:
    assert names("I spoke with J. Smith and with R. B. Johnson.", "en") == ["J. Smith", "R. B. Johnson"]
    assert names("He moved to the U.S. Robert Smith stayed.", "en") == ["Robert Smith"]
    assert names("It was plan B. Then Robert Smith left.", "en") == ["Robert Smith"]


def test_an_initial_or_a_particle_joins_a_name() -> None:
    assert names("Her lawyer, Laura E. Smith, left with Mr. Robert van Dyke.", "en") == [
        "Laura E. Smith",
        "Robert van Dyke",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "We stayed two nights in Estonia and then drove to Slovenia.",
        "Turn left at Wilson Street and park behind the church.",
        "Shares of Forrester Research Inc. fell sharply.",
        "Lawyers from Harrison, Miller and Ford represent the plaintiff.",
    ],
)
def test_places_streets_and_companies_are_no_persons(text: str) -> None:
    assert names(text, "en") == []


@pytest.mark.parametrize(
    "text", ["Dear {},", "Mr. {} left.", "I'm {} from Ohio.", "My name is {}.", "Kind regards, {}", "Signed: {}"]
)
@pytest.mark.parametrize("name", ["Grubb", "Plotwatt", "Tzeitel Brandt"])
def test_behind_a_cue_less_is_asked_of_a_word_that_nobody_lists(text: str, name: str) -> None:
    assert names(text.format(name), "en") == [name]
    assert names(f"The {name} fell.", "en") == names(f"Near {name} it rained.", "en") == []


def test_a_title_and_a_region_are_no_korean_names() -> None:
    assert names("당선자가 사망하거나 한반도와 그 부속도서를 영토로 한다.") == []


def test_keys_compare_what_names_are_written_with() -> None:
    plain, apart, decomposed, hidden, other = keys(
        "김철수", "김 철수", unicodedata.normalize("NFD", "김철수"), "김\u200b철수", "김철호"
    )
    assert plain == apart == decomposed == hidden != other
    assert len(set(keys("John Smith", "JOHN SMITH", "Ｊohn  smith"))) == 1
    assert len(set(keys("José", unicodedata.normalize("NFD", "José"), "jose"))) == 1


def test_keys_stay_what_they_are() -> None:
    """Lists of public names are kept by their keys."""
    assert keys("김철수", "John Smith") == [11635546747411446585, 2862213576701845783]


def test_placeholders_leave_the_particle_and_the_rest() -> None:
    texts = pa.array(["김철수가 010-1234-5678로 전화했다.", None, "나는 이영희에게 편지를 썼다. 😀"])
    scrubbed, counts = scrub_counted(texts, "ko")
    assert scrubbed.to_pylist() == [
        "[PERSON_NAME]가 [PHONE]로 전화했다.",
        None,
        "나는 [PERSON_NAME]에게 편지를 썼다. 😀",
    ]
    assert counts == {"person_name": 2, "phone": 1}


def test_other_finds_go_first() -> None:
    assert scrub(pa.array(["메일 John.Smith@example.com"]), "en").to_pylist() == ["메일 [EMAIL]"]


def test_public_names_stay() -> None:
    texts = pa.array(["김철수가 이영희를 만났다.", "김 철수 씨는 집에 없었다."])
    public = np.sort(np.array(keys("김철수"), np.uint64))
    assert scrub(texts, "ko", None, public).to_pylist() == ["김철수가 [PERSON_NAME]를 만났다.", texts[1].as_py()]
    assert scrub(texts, "ko", WITHOUT_NAMES) is texts


words = st.sampled_from(
    [
        *(
            "김철수가",
            "이영희는",
            "박 민준",
            "최수진",
            "씨",
            "교수",
            "담당자:",
            "정부는",
            "이",
            "김",
            "남궁민수님",
            "그는",
        ),
        *("Mr.", "John", "Smith", "de", "May", "J.", "[PHONE]", "[PERSON_NAME]", "010-1234-5678", "a@b.com", "\n", "①"),
        *("a", "\u200b", unicodedata.normalize("NFD", "홍길동이"), "\u1112", "😀", ",", "(34)", "제1장"),
    ]
)
mixtures = st.lists(words, max_size=24).flatmap(lambda parts: st.sampled_from([" ".join(parts), "".join(parts)]))


@settings(max_examples=600, deadline=None)
@given(st.lists(mixtures, min_size=1, max_size=3), st.sampled_from(["ko", "en", "other"]))
def test_finds_are_disjoint_and_twice_is_once(texts: list[str], language: str) -> None:
    rows = find(pa.array(texts), language).to_pylist()
    for first, second in pairwise(rows):
        assert (first["row"], first["end"]) <= (second["row"], second["start"])
    expected = []
    for index, text in enumerate(texts):
        out, position = "", 0
        for row in rows:
            if row["row"] == index:
                out += text[position : row["start"]] + f"[{row['kind'].upper()}]"
                position = row["end"]
        expected.append(out + text[position:])
    once = scrub(pa.array(texts), language)
    assert once.to_pylist() == expected
    assert scrub(once, language).to_pylist() == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(mixtures, max_size=4))
def test_rows_do_not_see_each_other(texts: list[str]) -> None:
    together = spans(texts)
    first, alone = 0, []
    for row, text in enumerate(texts):
        alone += [[row, first + start, first + end] for _, start, end in spans([text])]
        first += len(text.encode())
    assert together == alone


def without(data: bytes, spans: list[list[int]]) -> bytes:
    pieces, position = [], 0
    for start, end in spans:
        pieces += [data[position:start], b"[PERSON_NAME]"]
        position = end
    return b"".join([*pieces, data[position:]])


PUBLIC = np.sort(np.array(keys("김철수", "John Smith"), np.uint64))


@settings(max_examples=300, deadline=None)
@given(mixtures, st.sampled_from(["ko", "en"]), st.sampled_from([PUBLIC, PUBLIC[:0]]))
def test_all_names_are_those_that_are_found_until_only_public_ones_are_left(
    text: str, language: str, public: NDArray[np.uint64]
) -> None:
    texts = scrub(pa.array([text]), language, WITHOUT_NAMES)
    offsets, data = string_buffers(texts)
    together = find_all_names(offsets, data, language, public)
    left = data.tobytes()
    while True:
        read = np.frombuffer(left, np.uint8)
        found = find_names(np.array([0, len(read)]), read, language)
        going = found[~np.isin(name_keys(read, found), public)]
        if not len(going):
            break
        left = without(left, going[:, 1:].tolist())
    assert without(data.tobytes(), together.spans[:, 1:3].tolist()) == left
    assert together.stays.tolist() == [len(found) > 0]
    near = find_all_names(np.array([0, len(read)]), read, language, public, np.array([not len(found)]))
    assert not len(near.spans)


@settings(max_examples=300, deadline=None)
@given(st.lists(mixtures, min_size=1, max_size=4), st.sampled_from(["ko", "en"]), st.sampled_from([PUBLIC, None]))
def test_names_that_are_known_are_those_that_would_be_found(
    texts: list[str], language: str, public: NDArray[np.uint64] | None
) -> None:
    array = pa.array(texts)
    offsets, data = string_buffers(array)
    places = find_all_names(offsets, data, language).spans
    places[:, 1:3] -= offsets[places[:, :1]]
    known = KnownNames(np.arange(len(texts)) % 3 != 1, places)
    expected = scrub_or_give_up(array, language, None, public)
    assert scrub_or_give_up(array, language, None, public, known=known) == expected


def test_names_that_are_known_are_not_looked_for() -> None:
    texts = pa.array(["김철수 씨가 왔다.", "김철수 씨가 왔다.", "김철수 씨가 010-1234-5678로 전화했다."])
    known = KnownNames(np.array([True, False, True]), np.zeros((0, 4), np.int64))
    assert scrub_or_give_up(texts, "ko", known=known).texts.to_pylist() == [
        "김철수 씨가 왔다.",
        "[PERSON_NAME] 씨가 왔다.",
        "[PERSON_NAME] 씨가 [PHONE]로 전화했다.",
    ]


def test_a_long_line_is_known_as_such() -> None:
    texts = ["가" * LONGEST, "가" * (LONGEST // 2), "가나다라\n" * LONGEST]
    assert has_long_line(*string_buffers(pa.array(texts))).tolist() == [True, False, False]


def test_a_line_longer_than_the_room_is_read_in_parts() -> None:
    sentence = "어제 김철수 씨가 전화했다. "
    count = 3 * LONGEST // len(sentence)
    assert names(sentence * count) == ["김철수"] * count
    assert names("가" * (2 * LONGEST) + " 김철수 씨가 왔다.") == ["김철수"]


def test_lists_hold_what_they_say_and_can_be_read_again() -> None:
    lists = name_lists()
    assert {len(surname) for surname in lists["korean_surnames"]} == {1}
    assert {len(surname) for surname in lists["korean_double_surnames"]} == {2}
    assert sum(lists["korean_surnames"].values()) == pytest.approx(10_000, rel=0.1)
    assert unpack(pack(["나", "가", "나"])) == ["가", "나"]
