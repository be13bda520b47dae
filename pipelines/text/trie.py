"""Tries that compiled loops walk: over the bytes of a few tokens, and over the characters of a whole vocabulary."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

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
