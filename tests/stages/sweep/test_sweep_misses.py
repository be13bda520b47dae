"""What is missed at a share of misses, and that it is missed at every larger share."""

from itertools import pairwise
from typing import get_args

import pytest

from pipelines.privacy.canaries import Canary, generate
from stages.sweep.misses import Unit, missed_copies

REPEATS = (1, 4, 16)
PLANTED = generate(1, REPEATS, 10, 0)[0]
HOSTS: dict[int, Canary] = {
    100 * index + copy: canary for index, canary in enumerate(PLANTED) for copy in range(canary.repeats)
}
SHARES = (0.0, 0.05, 0.1, 0.3, 0.31, 0.8, 1.0)


@pytest.mark.parametrize("unit", get_args(Unit))
def test_misses_are_nested_and_reach_from_none_to_all(unit: Unit) -> None:
    found = [missed_copies(HOSTS, share, unit, 7) for share in SHARES]
    assert found[0] == frozenset() and found[-1] == HOSTS.keys()
    assert all(less <= more for less, more in pairwise(found))


def test_a_missed_secret_is_missed_in_all_of_its_copies_and_each_number_of_repeats_has_its_share() -> None:
    missed = missed_copies(HOSTS, 0.3, "secrets", 7)
    secrets = {HOSTS[document] for document in missed}
    assert len(missed) == sum(canary.repeats for canary in secrets)
    assert [sum(canary.repeats == repeats for canary in secrets) for repeats in REPEATS] == [3, 3, 3]
    assert missed != missed_copies(HOSTS, 0.3, "secrets", 8)


def test_copies_are_missed_in_the_same_share_of_every_secret() -> None:
    missed = missed_copies(HOSTS, 0.25, "copies", 7)
    counts = {canary: sum(HOSTS[document] == canary for document in missed) for canary in PLANTED}
    assert {(canary.repeats, count) for canary, count in counts.items()} == {(1, 0), (4, 1), (16, 4)}


def test_the_choice_does_not_depend_on_the_order_of_the_documents() -> None:
    turned = dict(reversed(HOSTS.items()))
    for unit in get_args(Unit):
        assert missed_copies(turned, 0.3, unit, 7) == missed_copies(HOSTS, 0.3, unit, 7)
