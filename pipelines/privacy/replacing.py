"""What is put in the stead of personal data, by kind: a placeholder, a surrogate, nothing, or the document goes."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.arrow import string_array, string_buffers
from pipelines.privacy.fold import fold
from pipelines.privacy.key import ScrubKey
from pipelines.privacy.kind import Kind
from pipelines.privacy.options import Action

DEFAULT = "default"
_SPACE, _LINE_END = 0x20, 0x0A


class Span(NamedTuple):
    """A find: row, characters within the row, bytes within the data of all rows."""

    row: int
    start: int
    end: int
    start_byte: int
    end_byte: int
    kind: Kind


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
    texts: pa.Array | pa.ChunkedArray, spans: Sequence[Span], replacement: Replacement = PLACEHOLDERS
) -> pa.Array:
    """``texts`` with what stands in for each of ``spans``, which are in order; without a span, as they are.

    Of two spaces around a value that is removed one goes too. Rows to drop are not looked for here.
    """
    if not spans:
        return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    offsets, data = string_buffers(texts)
    growth = np.zeros(len(offsets), np.int64)
    pieces: list[bytes | memoryview] = []
    position, view = 0, memoryview(data.data)
    for span in spans:
        start, end = span.start_byte, span.end_byte
        action = replacement.action(span.kind)
        if action == "removal":
            text = b""
            start, end = _with_space(data, int(offsets[span.row]), start, end, int(offsets[span.row + 1]))
            start = max(start, position)
        elif action == "surrogate":
            text = replacement.text(span.kind, data[start:end].tobytes().decode()).encode()
        else:
            text = span.kind.placeholder.encode()
        pieces += (view[position:start], text)
        position = end
        growth[span.row + 1] += len(text) - (end - start)
    pieces.append(view[position:])
    scrubbed = string_array(offsets + np.cumsum(growth), np.frombuffer(b"".join(pieces), np.uint8))
    if texts.null_count:
        scrubbed = pc.if_else(pc.is_valid(texts), scrubbed, None)
    return scrubbed


def _with_space(data: NDArray[np.uint8], first: int, start: int, end: int, stop: int) -> tuple[int, int]:
    """The value with one of the spaces around it, unless it would join what stands on its sides; lines end in one."""
    opens = start == first or data[start - 1] in (_SPACE, _LINE_END)
    if opens and end < stop and data[end] == _SPACE:
        return start, end + 1
    closes = end == stop or data[end] == _LINE_END
    if closes and start > first and data[start - 1] == _SPACE:
        return start - 1, end
    return start, end
