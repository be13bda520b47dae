"""What is put in the stead of personal data, by kind: a placeholder, a surrogate, nothing, or the document goes."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.core.bits import copy_bytes
from pipelines.core.kernel import kernel
from pipelines.privacy.fold import fold
from pipelines.privacy.key import ScrubKey
from pipelines.privacy.kind import Kind
from pipelines.privacy.options import Action
from pipelines.privacy.spans import END_BYTE, KIND, ROW, START_BYTE

DEFAULT = "default"
_SPACE, _LINE_END = 0x20, 0x0A


@dataclass(frozen=True)
class Replacement:
    """The action for each kind that is named, and for the others the one under ``default``; the key, if one is needed.

    A surrogate is that of the folded value; where a form has no range of its own, the placeholder stands in.
    """

    actions: Mapping[str, Action]
    key: ScrubKey | None = None

    @classmethod
    def by(cls, actions: Mapping[str, Action]) -> "Replacement":
        """With the key of the environment where surrogates are asked for; raises MalmoiError where it is missing."""
        return cls(actions, ScrubKey.from_environment() if "surrogate" in actions.values() else None)

    @property
    def fingerprint(self) -> str:
        """Tells apart keys; "" where there is none."""
        return self.key.fingerprint if self.key else ""

    def action(self, kind: Kind) -> Action:
        return self.actions.get(kind.name, self.actions[DEFAULT])

    def text(self, kind: Kind, value: str) -> str:
        """What stands in for ``value``, unless it goes without a trace."""
        if self.action(kind) == "surrogate" and self.key is not None and kind.surrogate is not None:
            folded, found = fold(value).text, None
            with suppress(Exception):  # a form that the kind cannot take apart; the message may hold the value
                found = kind.surrogate(folded, partial(self.key.draws, kind.name))
            if found is not None:
                return value if found == folded else found
        return kind.placeholder


PLACEHOLDERS = Replacement({DEFAULT: "placeholder"})


def replaced(
    texts: pa.Array | pa.ChunkedArray,
    spans: NDArray[np.int64],
    kinds: Sequence[Kind],
    replacement: Replacement = PLACEHOLDERS,
) -> pa.Array:
    """``texts`` with what stands in for each of ``spans``, which are in order; without a span, as they are.

    Of two spaces around a value that is removed one goes too. Rows to drop are not looked for here.
    """
    if not len(spans):
        return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    offsets, data = string_buffers(texts)
    fillers = [kind.placeholder.encode() for kind in kinds]
    edges, chosen = spans[:, (START_BYTE, END_BYTE)], spans[:, KIND].copy()
    if {replacement.action(kind) for kind in kinds} & {"removal", "surrogate"}:
        _choose(offsets, data, spans, kinds, replacement, fillers, edges, chosen)
    filler_offsets = np.cumsum([0, *map(len, fillers)])
    growth = np.zeros(len(offsets), np.int64)
    np.add.at(growth, spans[:, ROW] + 1, np.diff(filler_offsets)[chosen] - (edges[:, 1] - edges[:, 0]))
    new_offsets = offsets + np.cumsum(growth)
    written = np.empty(new_offsets[-1], np.uint8)
    _fill_in(data, edges, chosen, np.frombuffer(b"".join(fillers), np.uint8), filler_offsets, written)
    scrubbed = string_array(new_offsets, written)
    if texts.null_count:
        scrubbed = pc.if_else(pc.is_valid(texts), scrubbed, None)
    return scrubbed


def _choose(
    offsets: NDArray[np.int64],
    data: NDArray[np.uint8],
    spans: NDArray[np.int64],
    kinds: Sequence[Kind],
    replacement: Replacement,
    fillers: list[bytes],
    edges: NDArray[np.int64],
    chosen: NDArray[np.int64],
) -> None:
    """Add to ``fillers`` what is no placeholder; write which one each span gets, and what of the text it stands for."""
    position, nothing = 0, len(fillers)
    fillers.append(b"")
    for index, (row, _, _, start, end, number) in enumerate(spans.tolist()):
        action = replacement.action(kinds[number])
        if action == "removal":
            first, last = _with_space(data, int(offsets[row]), start, end, int(offsets[row + 1]))
            edges[index], chosen[index] = (first, last), nothing
        elif action == "surrogate":
            chosen[index] = len(fillers)
            fillers.append(replacement.text(kinds[number], data[start:end].tobytes().decode()).encode())
        edges[index, 0] = max(edges[index, 0], position)  # a space that went with the value before
        position = edges[index, 1]


@kernel
def _fill_in(data: Any, edges: Any, chosen: Any, fillers: Any, filler_offsets: Any, written: Any) -> None:
    """Copy ``data``, between the ``edges`` (start, end) of each value the one of ``fillers`` that is ``chosen``."""
    position = place = 0
    for index in range(len(edges)):
        count = edges[index, 0] - position
        copy_bytes(data, position, count, written, place)
        place += count
        first = filler_offsets[chosen[index]]
        count = filler_offsets[chosen[index] + 1] - first
        copy_bytes(fillers, first, count, written, place)
        place += count
        position = edges[index, 1]
    copy_bytes(data, position, len(data) - position, written, place)


def _with_space(data: NDArray[np.uint8], first: int, start: int, end: int, stop: int) -> tuple[int, int]:
    """The value with one of the spaces around it, unless it would join what stands on its sides; lines end in one."""
    opens = start == first or data[start - 1] in (_SPACE, _LINE_END)
    if opens and end < stop and data[end] == _SPACE:
        return start, end + 1
    closes = end == stop or data[end] == _LINE_END
    if closes and start > first and data[start - 1] == _SPACE:
        return start - 1, end
    return start, end
