"""One automaton for all patterns of the kinds: how their matches begin, as far as some characters tell.

It follows each pattern for some characters and looks two back. What a pattern looks at beyond is taken to be there, so
what the automaton does not let through no pattern matches.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from re import Pattern
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.tables import kept_table
from pipelines.privacy.known import KINDS
from pipelines.privacy.pattern_trees import (
    END,
    LAST_CODE,
    MOST_FOLLOWED,
    Behind,
    Either,
    Node,
    OneOf,
    Ranges,
    Repeated,
    tree,
)

_MOST_STATES = 20_000
"""Where there are so many, what they do not tell apart by then may begin."""
LOOKS_BACK = 2
"""Characters before a match that are looked at."""
WORD, WORDS = 64, 2
"""Bits of a word, and words of bits: one for each sequence that is followed."""

State = frozenset[tuple[int, int]]
"""Sequences of nodes by number, and for each the chain that is left of it."""


class _Chains:
    """What is left of sequences of nodes: a node and the chain behind it, by number; 0 is nothing."""

    def __init__(self) -> None:
        self._chains: list[tuple[Node, int]] = [(OneOf(()), 0)]
        self._numbers: dict[tuple[int, int], int] = {}
        self._repeats: dict[tuple[int, int, int], Repeated] = {}
        self._steps: dict[int, tuple[list[tuple[Ranges, int]], bool]] = {}

    def of(self, nodes: Sequence[Node], rest: int = 0) -> int:
        for node in reversed(nodes):
            key = id(node), rest
            if key not in self._numbers:
                self._numbers[key] = len(self._chains)
                self._chains.append((node, rest))
            rest = self._numbers[key]
        return rest

    def steps(self, chain: int) -> tuple[list[tuple[Ranges, int]], bool]:
        """Which characters may come next, each with what is left then; whether there may be nothing left to follow."""
        if chain == 0:
            return [], True
        if chain not in self._steps:
            self._steps[chain] = self._next(chain)
        return self._steps[chain]

    def _next(self, chain: int) -> tuple[list[tuple[Ranges, int]], bool]:
        node, rest = self._chains[chain]
        if isinstance(node, OneOf):
            return [(node.ranges, rest)], False
        if isinstance(node, Behind):
            return self.steps(rest)
        if isinstance(node, Either):
            ways = [self.steps(self.of(part, rest)) for part in node.parts]
        elif isinstance(node, Repeated):
            ways = [self.steps(rest)] if node.fewest == 0 else []
            if node.most:
                ways.append(self.steps(self.of(node.part, self.of((self._once_less(node),), rest))))
        else:
            return [], True
        return [step for steps, _ in ways for step in steps], any(ended for _, ended in ways)

    def _once_less(self, node: Repeated) -> Repeated:
        # What may stand as often as characters are followed need not be counted down, which would make a state of each.
        most = node.most if node.most == MOST_FOLLOWED else node.most - 1
        key = id(node.part), max(0, node.fewest - 1), most
        if key not in self._repeats:
            self._repeats[key] = Repeated(key[1], key[2], node.part)
        return self._repeats[key]

    def behind(self, chain: int, known: Sequence[int | None]) -> list[int]:
        """What of ``chain`` may be left behind the characters that are ``known``, the nearest first (see `_allows`)."""
        node, rest = self._chains[chain]
        if chain and isinstance(node, Behind):
            return self.behind(rest, known) if _allows(node, known) else []
        if chain and isinstance(node, Either):
            return [left for part in node.parts for left in self.behind(self.of(part, rest), known)]
        return [chain]


def _allows(node: Behind, known: Sequence[int | None]) -> bool:
    """Whether ``node`` may hold behind the code points that are ``known``, the nearest first, None for no character."""
    pairs = zip(reversed(node.characters), known, strict=False)
    stands = all(code is not None and _contains(ranges, code) for ranges, code in pairs)
    return stands if node.wanted else not stands or len(node.characters) > len(known)


def _may_begin(
    chains: _Chains,
    root: int,
    before: Sequence[int | None],
    examples: Sequence[int],
    members: Mapping[Ranges, NDArray[np.bool_]],
) -> bool:
    """Whether ``root`` may go on for one character behind those ``before``, the nearest first."""
    for chain in chains.behind(root, before):
        steps, ended = chains.steps(chain)
        if ended:
            return True
        for ranges, left in steps:
            for each in np.flatnonzero(members[ranges]).tolist():
                if chains.behind(left, (examples[each], *before)):
                    return True
    return False


def _allowed(
    chains: _Chains,
    sequences: Sequence[tuple[Node, ...]],
    examples: Sequence[int],
    members: Mapping[Ranges, NDArray[np.bool_]],
) -> NDArray[np.uint64]:
    """What `Automaton` has as ``allowed``."""
    allowed = np.zeros((len(examples) + 1, len(examples) + 1, WORDS), np.uint64)
    for sequence, nodes in enumerate(sequences):
        root = chains.of(nodes)
        alike = []
        for places in ((2, 3), (1, 2)):
            sets = sorted({*_sets_behind(nodes, places)})
            looks: dict[tuple[bool, ...], list[int]] = defaultdict(list)
            for each, code in enumerate((*examples, None)):
                looks[code is not None, *(code is not None and _contains(ranges, code) for ranges in sets)].append(each)
            alike.append(looks.values())
        for farther, nearer in product(*alike):
            before = [None if each == len(examples) else examples[each] for each in (nearer[0], farther[0])]
            if _may_begin(chains, root, before, examples, members):
                allowed[np.ix_(farther, nearer, [sequence // WORD])] |= np.uint64(1 << sequence % WORD)
    return allowed


def _states(
    chains: _Chains,
    sequences: Sequence[tuple[Node, ...]],
    count: int,
    members: Mapping[Ranges, NDArray[np.bool_]],
) -> tuple[list[NDArray[np.uint16]], list[int], list[int]]:
    """What `Automaton` has as ``following``, ``begun`` and ``followed``, the bits as whole numbers.

    ``count`` is that of the classes, ``members`` has those within each set.
    """
    known: dict[State, int] = {}
    waiting: deque[tuple[State, int]] = deque()
    following: list[NDArray[np.uint16]] = []
    begun: list[int] = []
    followed: list[int] = []

    def add() -> int:
        following.append(np.zeros(count, np.uint16))
        begun.append(0)
        followed.append(0)
        return len(begun) - 1

    def number(state: State, depth: int) -> int:
        if state not in known:
            known[state] = add()
            waiting.append((state, depth))
        return known[state]

    number(frozenset(), MOST_FOLLOWED)
    number(frozenset((sequence, chains.of(nodes)) for sequence, nodes in enumerate(sequences)), 0)
    while waiting:
        items, depth = waiting.popleft()
        ended = {sequence for sequence, chain in items if chains.steps(chain)[1]}
        if depth == MOST_FOLLOWED or len(begun) > _MOST_STATES:
            ended = {sequence for sequence, _ in items}
        left = [item for item in items if item[0] not in ended]
        begun[known[items]] = sum(1 << sequence for sequence in ended)
        followed[known[items]] = sum(1 << sequence for sequence in {sequence for sequence, _ in left})
        for group, after in _ways(chains, left, members):
            following[known[items]][group] = number(frozenset(after), depth + 1)
    return following, begun, followed


def _ways(
    chains: _Chains, items: Sequence[tuple[int, int]], members: Mapping[Ranges, NDArray[np.bool_]]
) -> Iterator[tuple[list[int], list[tuple[int, int]]]]:
    """Classes of characters that lead on from ``items`` to the same, and to what."""
    steps = [(each, left, members[ranges]) for each, chain in items for ranges, left in chains.steps(chain)[0]]
    if not steps:
        return
    inside = np.array([classes for _, _, classes in steps])
    packed = np.packbits(inside, axis=0).T
    groups: dict[bytes, list[int]] = defaultdict(list)
    for each in np.flatnonzero(inside.any(axis=0)).tolist():
        groups[packed[each].tobytes()].append(each)
    for group in groups.values():
        yield group, [(*steps[step][:2],) for step in np.flatnonzero(inside[:, group[0]]).tolist()]


def _leaves(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, Either):
            for part in node.parts:
                yield from _leaves(part)
        elif isinstance(node, Repeated):
            yield from _leaves(node.part)
        else:
            yield node


def _sets(nodes: Sequence[Node]) -> Iterator[Ranges]:
    """Sets of characters in ``nodes``."""
    for node in _leaves(nodes):
        if isinstance(node, OneOf):
            yield node.ranges
        elif isinstance(node, Behind):
            yield from node.characters


def _sets_behind(nodes: Sequence[Node], places: Sequence[int]) -> Iterator[Ranges]:
    """Sets of characters in what stands behind, by their places from the last on, which is the first."""
    for node in _leaves(nodes):
        if isinstance(node, Behind):
            yield from (node.characters[-place] for place in places if place <= len(node.characters))


def _contains(ranges: Ranges, code: int) -> bool:
    return any(first <= code <= last for first, last in ranges)


class Automaton(NamedTuple):
    """Its tables. Sequences are numbered by pattern: what a match is made of, then what else has to stand there.

    classes    uint8 of the end of a text, then by code point: those that no pattern tells apart are of one; beyond the
               table as at its end
    allowed    uint64 by classes of the two characters before, the last where there is none, in words: bits of the
               sequences that may begin there
    following  uint16 by state and class: the state behind a character, 0 where nothing goes on; at first it is 1
    begun      uint64 by state, in words: bits of the sequences that may begin with what led there
    followed   the same of those that what comes next decides on
    """

    classes: NDArray[np.uint8 | np.uint16]
    allowed: NDArray[np.uint64]
    following: NDArray[np.uint16]
    begun: NDArray[np.uint64]
    followed: NDArray[np.uint64]


@cache
def automaton() -> Automaton:
    return Automaton(_classes(), _allowed_bits(), _following(), _begun(), _followed())


@cache
def _made() -> Automaton:
    sequences = [nodes for pattern in sequence_numbers() for nodes in _sequences(pattern)]
    ranges = sorted({each for nodes in sequences for each in _sets(nodes)})
    edges = {edge for each in ranges for first, last in each for edge in (first, last + 1) if edge <= LAST_CODE}
    starts = sorted({END, 0, *edges})
    inside = np.array([[_contains(each, start) for start in starts] for each in ranges], np.uint8)
    distinct, examples, classes = np.unique(inside, axis=1, return_index=True, return_inverse=True)
    members = dict(zip(ranges, distinct.astype(bool), strict=True))
    chains, codes = _Chains(), [starts[each] for each in examples]
    following, begun, followed = _states(chains, sequences, len(codes), members)
    by_code = np.repeat(classes.reshape(-1), np.diff([*starts, starts[-1] + 1]))
    return Automaton(
        by_code.astype(np.min_scalar_type(len(codes))),
        _allowed(chains, sequences, codes, members),
        np.array(following),
        in_words(begun),
        in_words(followed),
    )


def in_words(bits: Sequence[int]) -> NDArray[np.uint64]:
    """The bits of each number, in ``WORDS``."""
    return np.array([[each >> WORD * word & (1 << WORD) - 1 for word in range(WORDS)] for each in bits], np.uint64)


@kept_table
def _classes() -> NDArray[np.uint8 | np.uint16]:
    return _made().classes


@kept_table
def _allowed_bits() -> NDArray[np.uint64]:
    return _made().allowed


@kept_table
def _following() -> NDArray[np.uint16]:
    return _made().following


@kept_table
def _begun() -> NDArray[np.uint64]:
    return _made().begun


@kept_table
def _followed() -> NDArray[np.uint64]:
    return _made().followed


@cache
def sequence_numbers() -> dict[Pattern[str], range]:
    """The patterns of the kinds that are followed, each with the numbers of its sequences.

    What there are no bits for is not followed, so that it may begin anywhere.
    """
    tried = [each for kind in KINDS for pattern, elsewhere, _ in kind.searches for each in (pattern, elsewhere)]
    numbers, first = {}, 0
    for pattern in dict.fromkeys(filter(None, tried)):
        own = range(first, first + len(_sequences(pattern)))
        if own.stop <= WORD * WORDS:
            numbers[pattern], first = own, own.stop
    return numbers


@cache
def _sequences(pattern: Pattern[str]) -> tuple[tuple[Node, ...], ...]:
    """What a match is made of, and whatever else has to stand where it begins."""
    match, ahead = tree(pattern)
    return match, *ahead
