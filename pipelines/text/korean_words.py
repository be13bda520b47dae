"""Korean eojeol cut into something close to morphemes, without an analyser: scripts apart, particles and endings off.

The published Korean filters count morphemes of Kiwi. How often this cut decides as they do is measured by
``benchmarks/published_filters.py``.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import slot_of
from pipelines.text.unicode import DIGIT

_LONGEST = 3
_MOST_CUTS = 3
_SLOTS = 1 << 10
_PARTICLES = (
    "은 는 이 가 을 를 의 에 에서 에게 께 께서 한테 로 으로 와 과 도 만 까지 부터 보다 처럼 라고 "
    "마다 조차 밖에 이나 나 이라 라 랑 이랑 든지 인 이며 이고 이다 입니다 들"
)
_ENDINGS = (
    "다 고 며 면 서 지 게 던 기 음 니 자 요 죠 네 까 어 아 어서 아서 어야 아야 지만 는데 "
    "은데 ㄴ데 는다 습니다 니다 도록 려고 으며 으면 으니 은지 는지 다가 거나 더니 더라 었 았 였 겠 시 하 한 할 "
    "함 해 했 하여 하다 된 될 됨 돼 됐 되 되어 되다 있 없 년 월 일 것 수 등 적"
)


@cache
def korean_endings() -> NDArray[np.uint64]:
    """Open addressing: packed syllables of each particle and ending (0 = empty)."""
    keys = np.zeros(_SLOTS, np.uint64)
    for word in {*_PARTICLES.split(), *_ENDINGS.split()}:
        packed = np.uint64(sum(ord(c) << 16 * (len(word) - 1 - at) for at, c in enumerate(word)))
        keys[int(slot_of(keys, packed))] = packed
    return keys


@inner_kernel
def cut_korean(codes: Any, length: int, flags: Any, endings: Any, ends: Any) -> Any:
    """Write where each part of the word ``codes[:length]`` (int32) ends to ``ends`` (int64); returns how many parts."""
    count, start = 0, 0
    while start < length:
        kind = _script(codes[start], flags)
        stop = start + 1
        while stop < length and (_script(codes[stop], flags) == kind if kind < 3 else codes[stop] == codes[start]):
            stop += 1
        if kind == 0:
            count = _cut_endings(codes, start, stop, endings, ends, count)
        else:
            ends[count] = stop
            count += 1
        start = stop
    return count


@inner_kernel
def _cut_endings(codes: Any, start: int, stop: int, endings: Any, ends: Any, count: int) -> Any:
    """Ends of the stem and of the endings behind it, the longest ending first, in ascending order."""
    cuts, end = 0, stop
    places = (np.int64(stop), np.int64(0), np.int64(0), np.int64(0))
    while cuts < _MOST_CUTS:
        found = 0
        packed = np.uint64(0)
        for size in range(1, min(_LONGEST, end - start - 1) + 1):
            packed |= np.uint64(codes[end - size]) << np.uint64(16 * (size - 1))
            if endings[slot_of(endings, packed)] == packed:
                found = size
        if found == 0:
            break
        end -= found
        cuts += 1
        if cuts == 1:
            places = (places[0], np.int64(end), places[2], places[3])
        elif cuts == 2:
            places = (places[0], places[1], np.int64(end), places[3])
        else:
            places = (places[0], places[1], places[2], np.int64(end))
    for at in range(cuts, -1, -1):
        ends[count] = places[at]
        count += 1
    return count


@inner_kernel
def _script(code: Any, flags: Any) -> Any:
    """0 Hangul syllable, 1 other letter, 2 digit, 3 anything else."""
    if 0xAC00 <= code <= 0xD7A3:
        return 0
    kind = flags[code] & 15
    return 1 if kind < DIGIT else 2 if kind == DIGIT else 3
