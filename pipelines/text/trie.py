"""Tries that compiled loops walk: over the bytes of a few tokens, and over the characters of a whole vocabulary."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel

SYMBOL_BITS = 21
STATE_MASK = 0xFFFFFFFF
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@lru_cache(maxsize=8)
def byte_trie(tokens: tuple[str, ...]) -> NDArray[np.int32]:
    """Trie over the UTF-8 of ``tokens``: row is node, column next byte (0 = no edge), column 256 token index or -1.

    Not to be written to: it is made once, and a thousand counters of words ask for the same one.
    """
    rows = [np.zeros(257, np.int32)]
    rows[0][256] = -1
    for index, token in enumerate(tokens):
        node = 0
        for byte in token.encode():
            if not rows[node][byte]:
                rows[node][byte] = len(rows)
                rows.append(np.zeros(257, np.int32))
                rows[-1][256] = -1
            node = int(rows[node][byte])
        rows[node][256] = index
    return np.stack(rows)


def leaves_words(trie: NDArray[np.int32]) -> bool:
    """Whether no token of a byte trie begins with an ASCII letter or with the first byte of a syllable of Hangul.

    A run of these can then be taken as it is.
    """
    return not trie[0, [*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xEA, 0xEE)]].any()


@inner_kernel
def longest_token(trie: Any, data: Any, position: Any, end: Any) -> Any:
    """Index (-1: none) and end of the longest token of a byte trie that starts at ``position``."""
    token = np.int64(-1)
    stop = position
    ahead = position
    node = trie[0, data[position]]
    while node:
        ahead += 1
        if trie[node, 256] >= 0:
            token = np.int64(trie[node, 256])
            stop = ahead
        node = trie[node, data[ahead]] if ahead < end else np.int32(0)
    return token, stop


def symbol_trie(
    texts: Sequence[str], roots: Sequence[int], root_count: int, ids: NDArray[np.int64], alphabet: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hashed edges and first states of a trie over ``texts``, each of which hangs below one of several roots.

    A symbol is a character's position in ``alphabet`` + 1. A state is ``node << 32 | id + 1`` (low half 0: no token
    ends here). ``edges[2 * slot]`` is ``node << 21 | symbol``, ``edges[2 * slot + 1]`` the state it leads to;
    ``first[root, symbol]`` is a state.
    """
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    symbols = (np.searchsorted(alphabet, codes) + 1).astype(np.int64)
    first = np.zeros((root_count, len(alphabet) + 1), np.int64)
    return hashed_trie(symbols, offsets, np.array(roots, np.int64), ids, first), first


def hashed_trie(
    symbols: NDArray[np.int64],
    offsets: NDArray[np.int64],
    roots: NDArray[np.int64],
    ids: NDArray[np.int64],
    first: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Edges as of ``symbol_trie``, for tokens ``symbols[offsets[i]:offsets[i + 1]]``; fills ``first``."""
    slots = 1 << max(4, int(2 * len(symbols) - 1).bit_length())
    edges = np.full(2 * slots, -1, np.int64)
    used = _insert_tokens(symbols, offsets, roots, ids, edges, first)
    needed = 1 << max(4, (2 * int(used)).bit_length())
    if needed < slots:
        edges = np.full(2 * needed, -1, np.int64)
        first[:] = 0
        _insert_tokens(symbols, offsets, roots, ids, edges, first)
    return edges


class DoubleArray(NamedTuple):
    """A trie as a double array (Aoe 1989): an edge is found with one addition and one comparison, or is not there.

    A state is ``base << token_bits | token id + 1`` (0: no token ends here), with the base 0 where no edge leaves it.
    ``slots[base + symbol]`` is ``base << base_bits + token_bits | state``; what else stands there has another base.
    ``first[root, symbol]`` is a state, 0 where there is none. No edge has the symbol 0.
    """

    slots: NDArray[np.int64]
    first: NDArray[np.int64]
    base_bits: int
    token_bits: int


def double_array(edges: NDArray[np.int64], first: NDArray[np.int64]) -> DoubleArray:
    """The trie of ``symbol_trie``; raises ValueError where it has millions of nodes."""
    used = edges[::2] >= 0
    keys, states = edges[::2][used], edges[1::2][used]
    order = np.argsort(keys)  # edges of a node side by side
    parents, symbols = keys[order] >> SYMBOL_BITS, keys[order] & ((1 << SYMBOL_BITS) - 1)
    nodes, starts, counts = np.unique(parents, return_index=True, return_counts=True)
    widest = np.argsort(-counts, kind="stable")  # single edges fill what gaps the others leave
    bases = np.zeros(1 + max(first.max() >> 32, states.max(initial=0) >> 32), np.int64)
    size, last = len(keys) + first.shape[1], -1
    while last < 0:
        size *= 2
        last = _place_nodes(
            nodes[widest], starts[widest], counts[widest], symbols, np.zeros((2, size), np.bool_), bases
        )
    size = last + first.shape[1] + 1
    token_bits = int(max(np.max(states & STATE_MASK, initial=0), np.max(first & STATE_MASK))).bit_length()
    base_bits = int(size).bit_length()
    if 2 * base_bits + token_bits > 63:
        raise ValueError(f"{len(bases)} nodes are more than a double array has room for")
    slots = np.full(size, -1, np.int64)
    places = bases[parents] + symbols
    slots[places] = bases[parents] << (base_bits + token_bits) | _packed(states[order], bases, token_bits)
    return DoubleArray(slots, _packed(first, bases, token_bits), base_bits, token_bits)


def _packed(states: NDArray[np.int64], bases: NDArray[np.int64], token_bits: int) -> NDArray[np.int64]:
    packed: NDArray[np.int64] = bases[states >> 32] << token_bits | (states & STATE_MASK)
    return packed


@inner_kernel
def _place_nodes(nodes: Any, starts: Any, counts: Any, symbols: Any, used: Any, bases: Any) -> Any:
    """Give each node the first base of its own where no two edges share a slot; returns the last slot that is taken.

    ``used`` (all False) gets which slots are taken and which bases are given; -1 where there are too few of them.
    """
    last = begin = np.int64(0)
    for index in range(len(nodes)):
        edges = symbols[starts[index] : starts[index] + counts[index]]
        slot = first = max(begin, edges[0] + 1)
        taken = np.int64(0)
        base = np.int64(0)
        while base == 0:
            if slot - edges[0] + edges[-1] >= used.shape[1]:
                return np.int64(-1)
            if used[0, slot]:
                taken += 1
            elif not used[1, slot - edges[0]]:
                base = slot - edges[0]
                for symbol in edges:
                    if used[0, base + symbol]:
                        base = np.int64(0)
                        break
            slot += 1
        if 20 * taken > 19 * (slot - first):  # a stretch this full is not searched again
            begin = slot
        bases[nodes[index]] = base
        used[1, base] = True
        for symbol in edges:
            used[0, base + symbol] = True
        last = max(last, base + edges[-1])
    return last


@inner_kernel
def edge_slot(edges: Any, key: Any) -> Any:
    """Position in ``edges`` of ``key``, or of the free place where it belongs."""
    mask = np.int64(len(edges) - 2)
    place = np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(32)) & mask
    while edges[place] != key and edges[place] != -1:
        place = (place + 2) & mask
    return place


@inner_kernel
def _insert_tokens(symbols: Any, offsets: Any, roots: Any, ids: Any, edges: Any, first: Any) -> Any:
    nodes = 0
    used = 0
    for token in range(len(offsets) - 1):
        start, stop = offsets[token], offsets[token + 1]
        if start == stop:
            continue
        root = roots[token]
        symbol = symbols[start]
        if first[root, symbol] == 0:
            nodes += 1
            first[root, symbol] = np.int64(nodes) << 32
        if stop - start == 1:
            first[root, symbol] |= ids[token] + 1
            continue
        node = first[root, symbol] >> 32
        place = np.int64(0)
        for position in range(start + 1, stop):
            key = (node << SYMBOL_BITS) | symbols[position]
            place = edge_slot(edges, key)
            if edges[place] == -1:
                nodes += 1
                used += 1
                edges[place] = key
                edges[place + 1] = np.int64(nodes) << 32
            node = edges[place + 1] >> 32
        edges[place + 1] |= ids[token] + 1
    return used
