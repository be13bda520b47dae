"""Planted values stand in documents of the corpus as clean leaves them, and the same documents are chosen anywhere."""

from pathlib import Path

import pytest
from documents import write_dataset

from pipelines.core.errors import MalmoiError
from pipelines.privacy.disguises import DISGUISES, Planted
from pipelines.privacy.hosts import choose_hosts, plant_in_documents
from pipelines.privacy.recall import planted_values

LONGEST_RUN = 3
HOSTS = {"ko": ["첫 줄이다.\n둘째 줄이다.", "한 줄이다."], "en": ["One line.\nAnother line."]}


def test_values_stand_in_documents_as_clean_leaves_them() -> None:
    planted = planted_values(2, 6)
    hosted = plant_in_documents(planted, HOSTS, LONGEST_RUN, seed=2)
    assert len(hosted) > 0.97 * len(planted)
    assert {each.disguise for each in hosted} == set(DISGUISES)
    for each in hosted:
        texts = [host for host in HOSTS[each.language] if set(host.split("\n")) <= set(each.text.split("\n"))]
        assert texts and len(each.text) > max(map(len, texts))
        assert each.text[each.start : each.end].strip()
    values = {each.text[each.start : each.end] for each in hosted if each.disguise == "zero_width"}
    assert not any(character in value for value in values for character in "\u200b\u2060\ufeff")
    assert hosted == plant_in_documents(planted, HOSTS, LONGEST_RUN, seed=2)
    assert hosted != plant_in_documents(planted, HOSTS, LONGEST_RUN, seed=3)


def test_the_place_is_that_of_the_value_where_it_occurs_twice() -> None:
    text = "12 아니고 주소: 한길로 12"
    (hosted,) = plant_in_documents([Planted(text, 15, 17, "address", "plain", "ko", named=True)], HOSTS, 3, 1)
    sentence = hosted.text.index(text)
    assert (hosted.start - sentence, hosted.end - sentence) == (15, 17)


def test_hosts_are_the_same_whatever_the_order_of_the_sources(tmp_path: Path) -> None:
    sources = [
        write_dataset(tmp_path / name, [[{"id": f"{name}{n}", "text": f"{name} {n}", "lang": language}]])
        for name, language in (("a", "ko"), ("b", "en"), ("c", "ko"), ("d", "other"))
        for n in (1,)
    ]
    hosts = choose_hosts(sources, 1)
    assert sorted(hosts["ko"]) == ["a 1", "c 1"] and hosts["en"] == ["b 1"] and set(hosts) == {"ko", "en"}
    assert hosts == choose_hosts(reversed(sources), 1)
    with pytest.raises(MalmoiError, match="no document in ko or en"):
        choose_hosts(sources[3:], 1)


def test_a_corpus_of_one_language_hosts_all_values() -> None:
    planted = planted_values(1, 1, ("phone", "social_security"))
    hosted = plant_in_documents(planted, {"en": HOSTS["en"]}, LONGEST_RUN, seed=1)
    assert len(hosted) == len(planted) and {each.language for each in hosted} == {"en"}
