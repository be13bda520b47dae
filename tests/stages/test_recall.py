"""What is planted is counted once, what is removed is told by kind and disguise, and the bounds are Wilson's."""

import pytest

from pipelines.privacy.disguises import DISGUISES, Planted
from pipelines.privacy.known import KINDS
from pipelines.privacy.recall import is_removed, measure_recall, planted_values, wilson_lower


def test_every_kind_and_disguise_has_a_share_with_its_bound() -> None:
    found = measure_recall(planted_values(3, 4))
    assert set(found["kinds"]) == {kind.name for kind in KINDS} and set(found["disguises"]) == set(DISGUISES)
    for group in ("kinds", "disguises"):
        assert sum(each["values"] for each in found[group].values()) == found["all"]["values"]
        assert sum(each["removed"] for each in found[group].values()) == found["all"]["removed"]
    assert 0.98 < found["all"]["recall_lower"] < found["all"]["recall"] < 1
    assert found == measure_recall(planted_values(3, 4)) != measure_recall(planted_values(4, 4))


def test_only_the_kinds_that_are_scrubbed_are_planted() -> None:
    found = measure_recall(planted_values(1, 5, ("email",)), ("email",))
    assert set(found["kinds"]) == {"email"} and found["disguises"]["plain"]["recall"] == 1


def test_a_value_of_which_a_letter_stays_is_not_removed() -> None:
    planted = Planted("번호 010-1234.", 3, 11, "phone", "plain", "ko", named=True)
    assert is_removed(planted, [(3, 6, "phone"), (7, 11, "card")])
    assert not is_removed(planted, [(3, 10, "phone")])
    assert not is_removed(planted, [])


def test_finds_beside_the_planted_value_are_a_rate() -> None:
    text = "010-1234-5678은 kim@example.com과 다르다"
    planted = Planted(text, 0, 13, "phone", "plain", "ko", named=False)
    found = measure_recall([planted])
    assert found["all"]["removed"] == 1
    assert found["other_finds_per_100_kB"] == round(1e5 / len(text.encode()), 3)


def test_bounds_are_those_of_wilson() -> None:
    assert wilson_lower(10, 10) == pytest.approx(0.72247, abs=1e-5)
    assert wilson_lower(81, 263) == pytest.approx(0.25527, abs=1e-4)
    assert wilson_lower(0, 5) == 0
