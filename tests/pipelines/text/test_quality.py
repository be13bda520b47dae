"""Measures against a slow reference; profiles that drop junk and keep every clean paragraph."""

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.errors import MalmoiError
from pipelines.text import measures as measures_module
from pipelines.text.measure_columns import (
    BULLET_CHARACTERS,
    MARK_CHARACTERS,
    MEASURES,
    SENTENCE_MARKS,
    TERMINAL_CHARACTERS,
)
from pipelines.text.measures import measure as measure_texts
from pipelines.text.normalisation import normalise
from pipelines.text.quality import Profile, judge, load_profile, measure

DATA = Path(__file__).parents[4] / "shared" / "data"
ENGLISH_WORDS, KOREAN_ENDINGS = ("the", "of", "and", "i", "및", "ab"), "은는이가다"
MARKS = set(MARK_CHARACTERS)

text_pieces = st.one_of(
    st.sampled_from(
        ["the", "of ", "ab", " ", " ", " ", "\n", "\n\n", "가", "나는", "다. ", "ㅋㅋ", "...", "…", "#", "12", "- "]
    ),
    st.sampled_from(["및", "é", "漢", "あ", "\ufffd", "http://", "~", "I", "!", "😀", "x y x y x y x y x y x y x y "]),
)
normal_texts = st.lists(text_pieces, max_size=60).map("".join)


def is_letter(character: str) -> bool:
    return character.isalpha()


def repetition(words: list[str], size: int) -> int:
    """Gopher's characters in the most frequent n-gram (2 to 4) or in duplicate n-grams (5 to 10)."""
    if size <= 4:
        grams = Counter(" ".join(words[at : at + size]) for at in range(len(words) - size + 1))
        gram, count = grams.most_common(1)[0] if grams else ("", 0)
        return len(gram) * count if count > 1 else 0
    seen: set[tuple[str, ...]] = set()
    repeated = at = 0
    while at <= len(words) - size:
        gram_words = tuple(words[at : at + size])
        if gram_words in seen:
            repeated += len("".join(gram_words))
            at += size
        else:
            seen.add(gram_words)
            at += 1
    return repeated


def is_function_word(word: str) -> bool:
    letters = [character for character in word if character.isalnum() and not "ㄱ" <= character <= "ㅣ"]
    lowered = "".join(character for character in word if is_letter(character)).lower()
    return bool(letters and letters[-1] in KOREAN_ENDINGS) or lowered in ENGLISH_WORDS


def reference(text: str) -> dict[str, int]:
    words, visible = text.split(), re.sub(r"\s", "", text)
    lines = [line for line in text.split("\n") if line]
    paragraphs = [paragraph for paragraph in re.split("\n\n", text) if paragraph]
    function_words = [word for word in words if is_function_word(word)]
    counts = {
        "bytes": len(text.encode()),
        "characters": len(text),
        "visible_characters": len(visible),
        "letters": sum(map(is_letter, visible)),
        "hangul": len(re.findall("[가-힣ㄱ-ㅣ]", text)),
        "latin": len(re.findall("[A-Za-zé]", text)),
        "digits": sum(character.isdigit() for character in visible),
        "symbols": sum(character in "~😀" for character in visible),
        "replacement_characters": text.count("\ufffd"),
        "hashes": text.count("#"),
        "ellipses": text.count("...") + text.count("…"),
        "links": text.count("://"),
        "words": len(words),
        "words_not_punctuation": len(not_marks := [word for word in words if not set(word) <= MARKS]),
        "characters_of_words": sum(map(len, not_marks)),
        "words_with_letter": sum(any(map(is_letter, word)) for word in words),
        "capitalised_words": sum("".join(filter(is_letter, word))[:1] == "I" for word in words),
        "words_before_separator": sum(word[-1] in ",/|;·、" for word in words),
        "longest_word": max(map(len, words), default=0),
        "function_words": len(function_words),
        "distinct_words": len(set(words)),
        "most_frequent_word": max(Counter(words).values(), default=0),
        "sentences": sum(1 + sum(word[-1] in SENTENCE_MARKS for word in line.split()[:-1]) for line in lines),
        "lines": len(lines),
        "lines_blank_included": len(text.splitlines()),
        "newlines": text.count("\n"),
        "line_characters": sum(map(len, lines)),
        "lines_ending_in_sentence_mark": sum(line[-1] in SENTENCE_MARKS for line in lines),
        "bullet_or_hyphen_lines": sum(line[0] in "•-" for line in lines),
        "lines_ending_in_punctuation": sum(line[-1] in TERMINAL_CHARACTERS for line in lines),
        "bullet_lines": sum(line[0] in BULLET_CHARACTERS for line in lines),
        "ellipsis_lines": sum(line.endswith(("...", "…")) for line in lines),
        "short_lines": sum(len(line) <= 30 for line in lines),
        "duplicate_lines": len(lines) - len(set(lines)),
        "duplicate_line_characters": sum(map(len, lines)) - sum(map(len, set(lines))),
        "paragraphs": len(paragraphs),
        "duplicate_paragraphs": len(paragraphs) - len(set(paragraphs)),
        "duplicate_paragraph_characters": sum(map(len, paragraphs)) - sum(map(len, set(paragraphs))),
    }
    counts["punctuation"] = len(visible) - sum(
        counts[name] for name in ("letters", "digits", "symbols", "replacement_characters")
    )
    for size in range(2, 11):
        name = f"top_{size}_gram_characters" if size <= 4 else f"duplicate_{size}_gram_characters"
        counts[name] = repetition(words, size)
    return counts


def measured(texts: list[str]) -> list[dict[str, int]]:
    rows: list[dict[str, int]] = measure_texts(pa.array(texts, pa.string()), ENGLISH_WORDS, KOREAN_ENDINGS).to_pylist()
    return rows


@settings(max_examples=400, deadline=None)
@given(st.lists(normal_texts, max_size=3))
def test_measures_equal_the_reference(batch: list[str]) -> None:
    texts = normalise(pa.array(batch, pa.string())).to_pylist()
    for text, counts in zip(texts, measured(texts), strict=True):
        expected = reference(text)
        assert {name: counts[name] for name in expected} == expected
        assert set(MEASURES) - set(expected) == {"distinct_function_words"}


def test_distinct_function_words() -> None:
    rows = measured(["The of the, 나는 너는 산은 및!", "dog cat", "the"])
    assert [row["function_words"] for row in rows] == [7, 0, 1]
    assert [row["distinct_function_words"] for row in rows] == [5, 0, 1]


def test_long_texts_are_searched_in_windows() -> None:
    words = [f"w{number}" for number in range(measures_module.WINDOW_WORDS)]
    [counts] = measured([" ".join(words + words[:20])])
    assert counts["words"] == counts["distinct_words"] == len(words) + 20
    assert counts["duplicate_5_gram_characters"] == 0
    [counts] = measured([" ".join(words[:-40] + words[:20])])
    assert counts["duplicate_5_gram_characters"] == counts["duplicate_10_gram_characters"] == sum(map(len, words[:20]))


def test_a_batch_of_nothing() -> None:
    assert measure_texts(pa.array([], pa.string())).num_rows == 0
    assert set(measured([""])[0].values()) == {0}


def fate(text: str, profile: Profile) -> str:
    kept, rules, values, thresholds = judge(measure(normalise(pa.array([text])), profile), profile)
    rule: str = rules[0].as_py()
    assert kept[0] == (rule == "")
    if kept[0]:
        assert values[0] == thresholds[0] == 0
    else:
        by_name = {rule.name: rule for rule in profile.rules}
        assert thresholds[0] in (by_name[rule].minimum, by_name[rule].maximum)
        assert (values[0] < thresholds[0]) == (thresholds[0] == by_name[rule].minimum)
    return rule


KOREAN = "대한민국은 민주공화국이다. 대한민국의 주권은 국민에게 있고, 모든 권력은 국민으로부터 나온다. "
ENGLISH = "The old man walked along the river, and he thought of the days when he was a boy. "


@pytest.mark.parametrize(
    ("profile", "text", "rule"),
    [
        ("ko", KOREAN, ""),
        ("ko", "배송이 정말 빨라요ㅋㅋㅋ 근데 포장은 좀... 그래도 맛있음 ㅎㅎ", ""),
        ("ko", "굿 최고", "too_short"),
        ("ko", "한글이 \ufffd\ufffd 깨\ufffd진 글이 여기에 \ufffd 있다", "broken_characters"),
        ("ko", ENGLISH, "wrong_script"),
        ("ko", "★★★ 대박 ★★★ 이벤트 ◆◆◆ 세일 ◆◆◆ !!!!!! ▶▶▶▶▶▶", "symbol_soup"),
        ("ko", "가격은 12000 34000 56000 78000 90000 11000 원 이다 1234 5678", "mostly_digits"),
        ("ko", "띄어쓰기를전혀하지않고길게이어서쓴글은아무래도 어절의평균길이가아주아주길어지게되므로 "
         "기준을넘게되는것이당연하다고볼수있는것이다", "word_length"),
        ("ko", "카지노 바카라 토토 사설 추천 사이트 먹튀 검증 안전 놀이터 "
         "슬롯 머신 쿠폰 이벤트 가입 머니 총판 모집 홀덤 스포츠 배팅", "keyword_list"),
        ("ko", "카지노, 바카라, 토토사이트, 사설토토, 먹튀검증, 안전놀이터, 가입머니, 무료쿠폰, "
         "첫충전, 온라인광고, 총판모집, 포커게임, 슬롯사이트, 파워볼게임, 실시간경기, 해외배당, 스포츠중계, "
         "성인광고, 대출문의, 당일지급, 최저금리", "comma_list"),
        ("ko", "홀덤/ 바둑이/ 맞고/ 포커게임/ 슬롯/ 바카라/ 룰렛/ 경마/ 토토/ 복권/ 사다리/ "
         "파워볼/ 추천코드/ 가입문의/ 광고/ 배팅/ 스포츠/ 놀이터/ 환전/ 총판/ 충전", "comma_list"),
        ("ko", "\n".join(["오늘도 좋은 하루 되세요 여러분", "구독과 좋아요 부탁드립니다"] * 6), "repeated_lines"),
        ("ko", "지금 바로 가입하고 " * 12, "repeated_5_grams"),
        ("ko", "좋다 " * 30, "repeated_word"),
        ("en", ENGLISH, ""),
        ("en", "The lobster may grow to 5 – 6 kg ( 11 – 13 lb ) , usually 0 @.@ 7 – 2 @.@ 2 kg , <unk> said .", ""),
        ("en", "= = Description = =", "too_short"),
        ("en", KOREAN, "wrong_script"),
        ("en", "win big $$$$$$$$ now !!!!!!!!! *** ### @@@@ >>>>>>", "symbol_soup"),
        ("en", "cheap shoes online casino poker loans viagra pills discount watches replica handbags "
         "best price free shipping download movies torrent crack keygen serial", "keyword_list"),
        ("en", "Alfa, Bravo, Charlie, Delta, Echo, Foxtrot, Golf, Hotel, India, Juliett, Kilo, Lima, Mike, November, "
         "Oscar, Papa, Quebec, Romeo, Sierra, Tango, Uniform, Victor", "comma_list"),
        ("en", "\n".join(["click here to subscribe to our list"] * 8), "repeated_lines"),
        ("en", "see http://a.b/c and http://d.e/f or http://g.h/i http://j.k/l", "links"),
        ("en", "data of the image is " + "QUJD" * 300 + " as you see. ", "encoded_data"),
    ],
)  # fmt: skip
def test_default_profiles_drop_junk(profile: str, text: str, rule: str) -> None:
    assert fate(text, load_profile(profile)) == rule


def clean_paragraphs(name: str) -> list[str]:
    if name == "ko_constitution":
        text = (DATA / name / "constitution.txt").read_text(encoding="utf-8")
    else:
        text = (DATA / name / "valid.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n\s*\n", text) + text.split("\n")
    return [block for block in blocks if len(re.findall(r"\w*[^\W\d_]\w*", block)) >= 5 and not block.startswith(" =")]


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data")
@pytest.mark.parametrize(("source", "profile"), [("ko_constitution", "ko"), ("en_wikitext2", "en")])
def test_no_clean_paragraph_is_dropped(source: str, profile: str) -> None:
    paragraphs = clean_paragraphs(source)
    assert len(paragraphs) > 300
    loaded = load_profile(profile)
    kept, rules, _, _ = judge(measure(normalise(pa.array(paragraphs)), loaded), loaded)
    assert kept.all(), Counter(rules.to_pylist())


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data")
def test_informal_korean_and_novels_are_kept() -> None:
    korean, english = load_profile("ko"), load_profile("en")
    with gzip.open(DATA / "ko_nsmc_raw" / "movies.jsonl.gz", "rt", encoding="utf-8") as file:
        reviews = ["\n".join(json.loads(line)["reviews"]) for line, _ in zip(file, range(2000), strict=False)]
    texts = normalise(pa.array([text for text in reviews if len(text.split()) >= 20]))
    assert judge(measure(texts, korean), korean)[0].mean() > 0.995
    novels = normalise(pa.array([path.read_text(encoding="utf-8") for path in DATA.glob("en_novels/[T-W]*.txt")]))
    assert judge(measure(novels, english), english)[0].all()


def write(folder: Path, **changes: Any) -> str:
    rule = {"name": "short", "measure": ["words"], "unit": "word", "minimum": 2, "source": "test"} | changes
    profile = {"name": "x", "language": "en", "function_words": "", "function_endings": ""}
    rules = [{key: value for key, value in rule.items() if value is not None}]
    path = folder / "x.json"
    path.write_text(json.dumps(profile | {"rules": rules}), encoding="utf-8")
    return str(path)


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    profile = load_profile(
        write(tmp_path, measure=["words", "lines"], per="paragraphs", maximum=5, **{"from": {"words": 2}})
    )
    texts = pa.array(["a", "a b", "a b c d e f", "a b\n\nc d"])
    kept, rules, values, thresholds = judge(measure(texts, profile), profile)
    assert kept.tolist() == [True, True, False, True]
    assert rules.to_pylist() == ["", "", "short", ""]
    assert (values[2], thresholds[2]) == (7.0, 5.0)
    np.testing.assert_array_equal(values[kept], 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"measure": ["wrods"]}, "rule 1 .short.: 'wrods' is no measure"),
        ({"minimum": None}, "neither minimum nor maximum"),
        ({"unit": "furlong"}, "unit 'furlong'"),
        ({"limit": 3}, "unknown key limit"),
        ({"source": None}, "source missing"),
        ({"measure": ["kept_lines"]}, "'kept_lines' is no measure"),
        ({"from": {"words": 2, "lines": 3}}, "from has to name one measure"),
    ],
)
def test_a_bad_profile_is_explained(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(MalmoiError, match=message):
        load_profile(write(tmp_path, **changes))


def test_an_absent_profile_and_bad_function_words(tmp_path: Path) -> None:
    with pytest.raises(MalmoiError, match="name one of c4, en, fineweb, fineweb2-ko, gopher, ko"):
        load_profile("de")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(MalmoiError, match="not valid JSON"):
        load_profile(str(tmp_path / "broken.json"))
    with pytest.raises(MalmoiError, match="1 to 8 bytes"):
        measure_texts(pa.array(["a"]), ["everything"])
    with pytest.raises(MalmoiError, match="one Hangul syllable"):
        measure_texts(pa.array(["a"]), [], "ㅋ")
