"""Which planted copies a scrubber misses, at a given share of misses."""

import math
from collections.abc import Iterable, Mapping
from typing import Literal, TypeVar

from pipelines.core.seeds import derive
from pipelines.privacy.canaries import Canary

Item = TypeVar("Item")
Unit = Literal["secrets", "copies"]


def missed_copies(hosts: Mapping[int, Canary], share: float, unit: Unit, seed: int) -> frozenset[int]:
    """Documents (keys of ``hosts``) whose copy of a canary is missed: a share of each group, to the nearest whole one.

    A scrubber is a function of the text: it misses a form in which a value is written, and what is written alike
    everywhere it misses everywhere. So with ``secrets`` all copies of a canary are missed or none, and the groups are
    the canaries with the same number of repeats. The kinder case is ``copies``: each canary is written in many forms,
    some of which are found, and the groups are the copies of one canary.

    Within a group the order is that of hashes of the seed, whatever the share: what is missed at one share is missed
    at every larger one.
    """
    if unit == "copies":
        copies: dict[Canary, list[int]] = {}
        for document, canary in hosts.items():
            copies.setdefault(canary, []).append(document)
        return frozenset(
            document
            for canary, own in copies.items()
            for document in _first(((derive(seed, "copy", canary.number, each), each) for each in own), share)
        )
    groups: dict[int, set[Canary]] = {}
    for canary in hosts.values():
        groups.setdefault(canary.repeats, set()).add(canary)
    numbers = {
        number
        for group in groups.values()
        for number in _first(((derive(seed, "secret", each.number), each.number) for each in group), share)
    }
    return frozenset(document for document, canary in hosts.items() if canary.number in numbers)


def _first(ranked: Iterable[tuple[int, Item]], share: float) -> list[Item]:
    """The share of the items that comes first in the order of their hashes."""
    ordered = sorted(ranked, key=lambda pair: pair[0])
    return [item for _, item in ordered[: math.floor(share * len(ordered) + 0.5)]]
