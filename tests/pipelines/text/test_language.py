"""Languages of short and long texts, and accuracy on real text."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.text.language import by_language, identify

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("이순신은 조선 중기의 무신이다.", "ko"),
        ("ㅋㅋㅋㅋ 굿", "ko"),
        ("BERT는 Transformer encoder를 쌓은 모델이다", "ko"),
        ("1995년에 출시된 Windows 95", "ko"),
        ("大韓民國은 民主共和國이다.", "ko"),
        ("The cat sat on the mat.", "en"),
        ("Interstate Highways", "en"),
        ("Beyoncé was born in Houston and sang in church.", "en"),
        ("A CROWN FOR THE QUEEN", "en"),
        ("He was born in Seoul (서울) in 1970.", "en"),
        ("東京は日本の首都である。", "other"),
        ("北京是中国的首都，CNN和BBC都有报道", "other"),
        ("Москва — столица России.", "other"),
        ("عاصمة مصر هي القاهرة", "other"),
        ("Der Hund ist nicht in dem Haus und schläft.", "other"),
        ("Le chat est dans la maison avec les enfants.", "other"),
        ("El perro de mi hermano no está en la casa.", "other"),
        ("Hij is geboren in het noorden van het land.", "other"),
        ("Setiap orang berhak atas kebebasan dan keselamatan.", "other"),
        ("https://example.org/the/story/of/the/name", "other"),
        ("12:30 -- 45,000 !!!", "other"),
        ("", "other"),
    ],
)
def test_labels(text: str, label: str) -> None:
    labels, shares = identify(pa.array([text]))
    assert labels.to_pylist() == [label]
    assert 0.0 <= shares[0] <= 1.0


def test_shares() -> None:
    _, shares = identify(pa.array(["한글", "한글 abcd", "the abc 한", "Я", "123", None]))
    np.testing.assert_allclose(shares, [1.0, 0.5, 0.75, 1.0, 0.0, 0.0])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=5))
def test_a_text_alone_and_in_a_batch_gets_the_same_answer(texts: list[str]) -> None:
    labels, shares = identify(pa.array(["x", *texts], pa.string()).slice(1))
    single = [identify(pa.array([text])) for text in texts]
    assert labels.to_pylist() == [label[0].as_py() for label, _ in single]
    assert shares.tolist() == [share[0] for _, share in single]


def accuracy(texts: list[str], label: str) -> float:
    labels, _ = identify(pa.array(texts))
    found: list[str] = labels.to_pylist()
    return found.count(label) / len(found)


def contexts(language: str) -> Iterator[str]:
    content = json.loads((DATA / "xquad" / f"xquad.{language}.json").read_text(encoding="utf-8"))
    for document in content["data"]:
        for paragraph in document["paragraphs"]:
            yield paragraph["context"]
            yield from (question["question"] for question in paragraph["qas"])


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data")
def test_accuracy_on_real_paragraphs_and_lines() -> None:
    constitution = (DATA / "ko_constitution" / "constitution.txt").read_text(encoding="utf-8")
    assert accuracy([line for line in constitution.splitlines() if line.strip()], "ko") == 1.0
    with (DATA / "ko_ud_pud" / "gold_sentences.jsonl").open(encoding="utf-8") as file:
        assert accuracy([json.loads(line)["text"] for line in file], "ko") == 1.0
    wikitext = (DATA / "en_wikitext2" / "valid.txt").read_text(encoding="utf-8")
    assert accuracy([line for line in wikitext.splitlines() if len(line.split()) >= 5], "en") > 0.995
    assert accuracy(list(contexts("en")), "en") > 0.995
    assert accuracy(list(contexts("zh")), "other") > 0.995
    assert accuracy(list(contexts("ar")), "other") > 0.995
    for language, label in (("kor", "ko"), ("eng", "en"), ("ind", "other"), ("jpn", "other"), ("hin", "other")):
        path = DATA / "en_nltk" / "udhr2" / f"{language}.txt"
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if len(line) > 20]
        assert accuracy(lines, label) > 0.94, language


def test_a_language_without_a_value_has_that_of_the_others() -> None:
    languages = pa.array(["ko", "fr", "en", "other", "ko"])
    assert by_language(languages, {"other": 9, "ko": 5}).tolist() == [5, 9, 9, 9, 5]
    assert by_language(languages, {"ko": 5, "other": 9, "en": 7}).tolist() == [5, 9, 7, 9, 5]
