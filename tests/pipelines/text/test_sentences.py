import gzip
import importlib.util
import json
import re
import unicodedata
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.errors import MalmoiError
from pipelines.text.sentences import split_sentences

DATA = Path(__file__).parents[4] / "shared" / "data"

# "|" is where a sentence has to end, and nowhere else.
KOREAN = """
그는 학교에 갔다. |그리고 집에 왔다.
정말 그럴까? |아니다! |그럴 리가 없다…
값은 3.14이고 판은 2.0.1이다. |끝.
2019. 12. 25. 선고하였다. |판결은 옳다.
1. 서론을 쓴다. |2. 본론을 쓴다.
가. 목적은 이렇다. |나. 방법은 저렇다.
(1) 첫째이다. |(2) 둘째이다.
http://a.b.com/x.html 을 보세요. |주소는 a@b.co.kr 입니다. |파일은 data.tar.gz 이다.
그는 "나는 간다. 너는?"이라고 말했다. |그리고 갔다.
“갔어. 정말이야.” 하고 속삭였다. |밤이었다.
"밥 먹었어?" 라고 물었다. |왜 그랬을까? 하고 생각했다.
나는 (그가 갔다. 정말?) 그렇게 들었다. |끝이다.
하늘이 맑다(웃음). |정말이다.
정말 좋아요 ㅋㅋㅋ |다음에 또 봐요^^ |그럼 이만
그랬어 ㅠㅠ |너무 슬프다 !! |왜 그래~ |진짜
하늘이 맑다. 😀 |그렇다
그는 왔습니다 |저는 갔어요 |비가 왔죠 |다 봤음 |이제 간다
좋았다.|그리고 갔다.
갔다.라고 말했다.
이것은 필요 없다 하더라도 중요 사항이다
갔다 하면 비가 왔다 싶었다
어디에 있다 보니 살 만큼 먹다 말고 왔다
어제 우리는 학교에... 정말로 갔었다... |정말
이게 영화라니 돈이 아깝다 |다시는 안 봄 |별점 주기도 싫음
[MASK]는 갔다. |[PHONE]으로 전화하세요. |감사합니다
아이폰은 Apple Inc. 제품이다. |그것은 iPhone. |그리고 Dr. 김은 왔다.
"닫히지 않은 따옴표이다. |그래도 끝난다. |(괄호도 그렇다. |정말이다.
(참고한다.) |이것이다(정말!). |맞다 (웃음!) 그렇지만
"""
ENGLISH = """
Mr. Smith met Dr. J. R. Brown at 5 p.m. on Friday. |It rained.
She moved to Washington, D.C. |He stayed in the U.S. Army.
It works, e.g. here, i.e. there, etc. and so on. |Acme Inc. said no.
See Fig. 3 and p. 4. |No. 5 is alive. |I said no. |Go.
"I am here." she said. |"Really?" he asked. |"Yes!" |OK.
1. First item. |2. Second item.
It was 3.14 in 1998. |The end... |But no... more.
Good work! :) |Thanks!!! |Bye
i went home. |then i slept.
i saw it. |it was good. |See vs. it.
See below |----- |From me |========== |Hello - there
It broke :( and then it stopped. |I left (by bus). |Done.
See foo.txt. |Mail a.b@c.org today. |Visit www.a.org. |Done.
He came (see p. 3. It is good.) and went. |It's the dog's. |Yes.
"""


def cases(text: str) -> list[str]:
    return text.strip().split("\n")


def split(texts: list[str], language: str = "auto", **options: Any) -> list[list[str]]:
    sentences: list[list[str]] = split_sentences(pa.array(texts, pa.string()), language, **options).to_pylist()
    return sentences


@pytest.mark.parametrize("case", cases(KOREAN) + cases(ENGLISH))
def test_sentences_end_where_a_reader_says(case: str) -> None:
    assert "|".join(split([case.replace("|", "")])[0]) == case


def test_language_is_chosen_line_by_line_and_can_be_given() -> None:
    text = "값은 5. 그리고 끝.\nIt was 5. Then it ended."
    assert split([text]) == [["값은 5. 그리고 끝.\n", "It was 5. ", "Then it ended."]]
    assert split(["5 is 5. Then"], "ko") == [["5 is 5. Then"]]
    both = split_sentences(pa.array(["It was 5. Then", "It was 5. Then"]), pa.array(["ko", "en"]))
    assert both.to_pylist() == [["It was 5. Then"], ["It was 5. ", "Then"]]


def test_a_newline_ends_a_sentence_and_white_space_stays_before_the_cut() -> None:
    assert split(["제목\n\n  본문 첫 줄\r\n둘째\u2028셋째 "]) == [
        ["제목\n\n  ", "본문 첫 줄\r\n", "둘째\u2028", "셋째 "]
    ]
    assert split(["", " \n ", "\n 말"]) == [[], [" \n "], ["\n 말"]]


BLANK = "".join(c for c in map(chr, range(0x3001)) if unicodedata.category(c) == "Cc" or c.isspace())
PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["갔다", "했습니다", "그래요", "라고", "Mr", "U.S", "etc", "said", "The", "1", "ㅋㅋ", "^^", "😀"]
        ),
        st.sampled_from(
            [".", "...", "!", "?", "。", "…", '"', "'", "“", "”", "(", ")", "「", "」", " ", "  ", "\n", "\u3000"]
        ),
        st.text(st.characters(codec="utf-8"), max_size=3),
    ),
    max_size=40,
).map("".join)


@given(texts=st.lists(PIECES, max_size=4), language=st.sampled_from(["auto", "ko", "en"]))
@settings(max_examples=300, deadline=None)
def test_joined_sentences_are_the_text_and_rows_do_not_touch(texts: list[str], language: str) -> None:
    rows = split(texts, language)
    assert ["".join(row) for row in rows] == texts
    assert all(sentence for row in rows for sentence in row)
    assert rows == [split([text], language)[0] for text in texts]
    # Within a sentence there is no newline, but for those in front of the first one and before what cannot be seen.
    assert not any("\n" in sentence.strip(BLANK) for row in rows for sentence in row)


def test_slices_and_large_strings_are_split_alike() -> None:
    texts = pa.array(["하나. 둘.", "셋이다. 넷.", "다섯."], pa.large_string())
    assert split_sentences(texts.slice(1, 1)).to_pylist() == [["셋이다. ", "넷."]]


@pytest.mark.parametrize("character", ["(", '"', "'", ".", " ", "다.", "ㅋ", "“", "\n", "a.", "「가"])
def test_a_long_run_takes_time_in_proportion_to_its_length(character: str) -> None:
    # A quadratic loop would take hours here.
    text = character * (2_000_000 // len(character.encode()))
    assert "".join(split([text])[0]) == text


def boundary_scores(documents: list[dict[str, Any]]) -> tuple[float, float, float]:
    """F1, precision, recall of the boundaries inside the texts, white space ignored."""

    def solid(text: str, position: int) -> int:
        return len(re.sub(r"\s", "", text[:position]))

    right = found = expected = 0
    for document, sentences in zip(documents, split([document["text"] for document in documents]), strict=True):
        text = document["text"]
        last = solid(text, len(text))
        gold = {solid(text, span[1]) for span in document["spans"]} - {last}
        position = 0
        got = set()
        for sentence in sentences:
            position += len(sentence)
            got.add(solid(text, position))
        got -= {last}
        right, found, expected = right + len(gold & got), found + len(got), expected + len(gold)
    return 2 * right / (found + expected), right / found, right / expected


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_korean_gold_boundaries() -> None:
    paths = sorted(DATA.glob("ko_sentsplit_kiwi_kss/jsonl/*.jsonl"))
    lines = [line for path in paths for line in path.read_text("utf-8").splitlines()]
    score, precision, _ = boundary_scores([json.loads(line) for line in lines])
    assert score > 0.90 and precision > 0.89  # Kiwi: .859, .849


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_english_gold_boundaries() -> None:
    with gzip.open(DATA / "en_ud_ewt/gold_sentences_devtest.jsonl.gz", "rt", encoding="utf-8") as lines:
        score, precision, _ = boundary_scores([json.loads(line) for line in lines])
    assert score > 0.90 and precision > 0.98


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_sentences_without_end_marks_are_told_apart() -> None:
    lines = (DATA / "ko_ud_gsd/ko_gsd-ud-test.conllu").read_text("utf-8").splitlines()
    sentences = [line.removeprefix("# text = ").rstrip(" .!?") + " " for line in lines if line.startswith("# text = ")]
    documents = []
    for start in range(0, len(sentences), 5):
        stops = [*accumulate(map(len, sentences[start : start + 5]))]
        text = "".join(sentences[start : start + 5])
        documents.append({"text": text, "spans": [[0, stop] for stop in stops]})
    score, precision, _ = boundary_scores(documents)
    assert score > 0.85 and precision > 0.85


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(MalmoiError, match="allowed: rules, kiwi"):
        split(["말"], backend="kss")


@pytest.mark.skipif(importlib.util.find_spec("kiwipiepy") is not None, reason="kiwipiepy is installed")
def test_kiwi_without_its_package_says_what_to_install() -> None:
    with pytest.raises(MalmoiError, match="kiwipiepy"):
        split(["말"], backend="kiwi")


@pytest.mark.skipif(importlib.util.find_spec("kiwipiepy") is None, reason="needs kiwipiepy")
def test_kiwi_splits_the_korean_lines_only() -> None:
    text = "그는 학교에 갔어 나는 집에 왔어\nMr. Smith came. He went.\n\n끝"
    assert split([text, ""], backend="kiwi") == [
        ["그는 학교에 갔어 ", "나는 집에 왔어\n", "Mr. Smith came. ", "He went.\n\n", "끝"],
        [],
    ]
