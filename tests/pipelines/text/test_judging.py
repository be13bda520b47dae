"""Documents in several languages: judged and kept language by language, paragraphs that nobody wants taken out."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.text.judging import Verdict, judge_documents
from pipelines.text.normalisation import normalise
from pipelines.text.quality import load_profile

DATA = Path(__file__).parents[4] / "shared" / "data"
PROFILES = {"ko": load_profile("ko"), "en": load_profile("en")}
KOREAN = "우리 마을 도서관은 주말마다 문을 열고 주민들은 모여서 책을 읽는다. 아이들은 마당에서 논다."
KOREAN_2 = "가을이 되면 강가의 나무들이 붉게 물들고, 멀리서 온 사람들이 다리 위에서 사진을 찍는다."
KOREAN_3 = "시장 골목에는 오래된 국숫집이 있어서 점심때가 되면 줄이 길게 늘어선다고 한다."
ENGLISH = "The library in our village opens on weekends and people come together to read books."
ENGLISH_2 = "In autumn the trees along the river turn red, and visitors take pictures from the bridge."
ENGLISH_3 = "There is an old noodle shop in the market, where a long line forms every day at noon."
CHINESE = "我们村的图书馆周末开放,居民们聚在一起读书,孩子们在院子里玩耍。这是一个安静的地方。"
JAPANESE = "村の図書館は週末に開き、住民たちは集まって本を読みます。子どもたちは庭で遊びます。"
SPAM = "cheap shoes online casino poker loans viagra pills discount watches replica handbags best price free shipping "
SPAM += "download movies torrent crack keygen serial"


def judged(texts: list[str], keep_foreign: bool = False, accepted: tuple[str, ...] = ("ko", "en")) -> Verdict:
    return judge_documents(normalise(pa.array(texts, pa.string())), PROFILES, accepted, keep_foreign)


@pytest.mark.parametrize(
    ("text", "kept", "language"),
    [
        (f"{KOREAN}\n\n{ENGLISH}\n\n{KOREAN_2}", f"{KOREAN}\n\n{ENGLISH}\n\n{KOREAN_2}", "ko"),
        (f"{ENGLISH}\n{ENGLISH_2}\n{ENGLISH_3}\n{KOREAN}", f"{ENGLISH}\n{ENGLISH_2}\n{ENGLISH_3}\n{KOREAN}", "en"),
        (f"{KOREAN}\n\n{CHINESE}\n\n{KOREAN_2}\n{KOREAN_3}", f"{KOREAN}\n\n{KOREAN_2}\n{KOREAN_3}", "ko"),
        (f"{ENGLISH}\n{ENGLISH_2}\n{JAPANESE}\n{ENGLISH_3}\nEnd.", f"{ENGLISH}\n{ENGLISH_2}\n{ENGLISH_3}\nEnd.", "en"),
        (f"{KOREAN}\n{KOREAN_2}\n{SPAM}\n{KOREAN_3}", f"{KOREAN}\n{KOREAN_2}\n{KOREAN_3}", "ko"),
        (f"{KOREAN}\n大韓民國\n{KOREAN_2}", f"{KOREAN}\n大韓民國\n{KOREAN_2}", "ko"),
        (KOREAN, KOREAN, "ko"),
    ],
)  # fmt: skip
def test_paragraphs_are_routed(text: str, kept: str, language: str) -> None:
    verdict = judged(["짧다", text, CHINESE])
    assert verdict.rule.to_pylist() == ["too_short", "", "language_is_other"]
    assert (verdict.texts[1].as_py(), verdict.languages[1].as_py()) == (kept, language)


def test_what_was_routed_is_counted() -> None:
    verdict = judged(
        [f"{KOREAN}\n{CHINESE}\n{KOREAN_2}\n{KOREAN_3}", f"{KOREAN}\n{KOREAN_2}\n{KOREAN_3}\n{SPAM}", ENGLISH]
    )
    assert {name: count for name, count in verdict.counts.items() if count} == {
        "paragraphs/other": 1, "paragraphs/documents": 1,
        "mixed/documents": 1, "mixed/ko_kept": 1, "mixed/en_dropped": 1,
    }  # fmt: skip


def test_foreign_paragraphs_can_be_kept() -> None:
    text = f"{KOREAN}\n{CHINESE}\n{KOREAN_2}\n{KOREAN_3}"
    assert judged([text], keep_foreign=True).texts[0].as_py() == text


def test_a_document_of_which_nothing_passes_has_the_rule_of_its_language() -> None:
    listed = "카지노 바카라 토토 사설 추천 사이트 먹튀 검증 안전 놀이터 슬롯 머신 쿠폰 이벤트 가입 머니 "
    listed += "총판 모집 홀덤 스포츠 배팅 "
    listed += "환전 충전 대출 상담 문의 당일 지급 최저 금리 무료 체험 회원 전용 매장 방문 후기 적립 현금 보장 "
    verdict = judged([f"{listed}\n{SPAM}"])
    assert verdict.rule.to_pylist() == ["keyword_list"]
    assert verdict.value[0] < verdict.threshold[0] == 0.2


def test_a_source_of_one_language_takes_no_document_of_another_but_its_paragraphs() -> None:
    verdict = judged([ENGLISH, f"{KOREAN}\n{KOREAN_2}\n{ENGLISH}"], accepted=("ko",))
    assert verdict.rule.to_pylist() == ["language_is_en", ""]
    assert ENGLISH in verdict.texts[1].as_py()


pieces = st.sampled_from(
    [KOREAN, KOREAN_2, KOREAN_3, ENGLISH, ENGLISH_2, ENGLISH_3, CHINESE, JAPANESE, SPAM, "", "OK", "짧다", "3"]
)


@given(st.lists(st.lists(pieces, max_size=7), max_size=4))
def test_a_document_is_judged_as_it_would_be_alone(batch: list[list[str]]) -> None:
    texts = ["\n".join(lines) for lines in batch]
    together = judged(texts)
    for row, text in enumerate(texts):
        alone = judged([text])
        for field in ("texts", "languages", "rule"):
            assert getattr(together, field)[row] == getattr(alone, field)[0]
        assert together.value[row] == alone.value[0]
        assert all(column[row] == alone.measures[name][0] for name, column in together.measures.items())
        kept = [line for line in together.texts[row].as_py().split("\n") if line]
        assert len(kept) <= len([line for line in normalise(pa.array([text]))[0].as_py().split("\n") if line])


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data")
def test_hardly_a_paragraph_of_clean_text_is_foreign() -> None:
    petitions = []
    for path in DATA.glob("ko_petitions/*.jsonl"):
        petitions += [json.loads(line)["content"] for line in path.read_text(encoding="utf-8").splitlines()]
    novels = [path.read_text(encoding="utf-8") for path in DATA.glob("en_novels/[A-L]*.txt")]
    for texts in (petitions, novels):
        assert judged(texts).counts["paragraphs/other"] == 0
    with gzip.open(DATA / "ko_nsmc_raw" / "movies.jsonl.gz", "rt", encoding="utf-8") as file:
        reviews = ["\n".join(json.loads(line)["reviews"]) for line, _ in zip(file, range(3000), strict=False)]
    assert judged(reviews).counts["paragraphs/other"] < 5
