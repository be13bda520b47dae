"""The compiled pass over all text that finds the few places where personal data could stand.

Most documents hold none and cost nothing more. What it hands on are disjoint windows of whole characters, so that no
character is looked at twice however hostile the text.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.privacy.fold import FOLD
from pipelines.privacy.kind import NO_SHAPE, Kind, Shape
from pipelines.privacy.numbers import LOOKALIKES, RAISED, RARE_SPELLED, SPELLED, STROKES
from pipelines.privacy.scan import scan
from pipelines.privacy.surroundings import (
    COLON,
    CONTEXT,
    DIGIT,
    DOT,
    DRAWN_DIGIT,
    IGNORED,
    JOINER,
    LETTER,
    LITERAL,
    SLOTS,
    SPELLED_DIGIT,
    SPELLED_MARK,
)

ROW, START_BYTE, END_BYTE, START, END, FIRST_CORE = range(6)
"""Columns of a window: row, bytes within the batch's data, characters within the row, number of its first core."""
CORE_START, CORE_END, CORE_SEEN, CORE_DIGITS = range(4)
"""Columns of a core, what opened the gate: characters within the row, bits of what was seen, digits of runs of them."""

_SHAPE_BITS = len(Shape)
_LOW_BYTE = 0xFF

PLACE_ENDINGS = "로길동리가읍면"
COUNTERS = "년월일시분명개차회살만천억조항원점위권배편%"
PLATE_LETTERS = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주아바사자배하허호"


@dataclass(frozen=True)
class Gate:
    """Tables of the compiled loop for a set of kinds.

    classes          uint8 by code point; those beyond the table are of no interest
    literals         bytes of all literals, one after the other, with their offsets, in order
    literal_bits     for each literal, the bits of the kinds that it opens the gate for
    heads            for each slot of first characters, the number of its first literal; one more at the end
    following        by slot (``slot_rows`` has its row) and the low byte of a code point: whether a literal goes on so
    literal_context  characters around a literal that its kinds may look at
    place_endings, plate_letters, counters   sorted code points of syllables
    wanted           bits of windows that some kind asks for
    """

    classes: NDArray[np.uint8]
    literals: NDArray[np.uint8]
    literal_offsets: NDArray[np.int64]
    literal_bits: NDArray[np.int64]
    heads: NDArray[np.int64]
    slot_rows: NDArray[np.int64]
    following: NDArray[np.bool_]
    literal_context: NDArray[np.int64]
    place_endings: NDArray[np.int64]
    plate_letters: NDArray[np.int64]
    counters: NDArray[np.int64]
    wanted: int
    masks: tuple[int, ...]
    """For each kind, the bits of which a window has to show one for the kind to be tried."""

    @classmethod
    def of(cls, kinds: Sequence[Kind]) -> "Gate":
        bits: dict[bytes, int] = {}
        context: dict[bytes, int] = {}
        masks = []
        for index, kind in enumerate(kinds):
            own = 1 << (_SHAPE_BITS + index) if kind.literals else 0
            read_out = Shape.SPELLED if Shape.DIGITS in kind.shapes else NO_SHAPE
            masks.append(int(kind.shapes | read_out) | own)
            for literal in _forms(kind.literals):
                bits[literal.encode()] = bits.get(literal.encode(), 0) | own
                context[literal.encode()] = max(context.get(literal.encode(), CONTEXT), kind.reach + 1)
        encoded = sorted(bits, key=lambda literal: (_slot(literal), literal))
        classes = _classes()
        for kind in kinds:
            for literal in _forms(kind.literals):
                classes[ord(literal[0])] |= LITERAL
        slots = np.array([_slot(literal) for literal in encoded], np.int64)
        used = np.unique(slots)
        slot_rows = np.zeros(SLOTS, np.int64)
        slot_rows[used] = np.arange(len(used))
        following = np.zeros((len(used) + 1, 256), bool)
        for word, slot in zip(encoded, slots, strict=True):
            rest = word.decode()[1:]
            following[slot_rows[slot], ord(rest[0]) & _LOW_BYTE if rest else slice(None)] = True
        return cls(
            classes=classes,
            literals=np.frombuffer(b"".join(encoded), np.uint8),
            literal_offsets=np.cumsum([0, *map(len, encoded)], dtype=np.int64),
            literal_bits=np.array([bits[literal] for literal in encoded], np.int64),
            heads=np.searchsorted(slots, np.arange(SLOTS + 1)).astype(np.int64),
            slot_rows=slot_rows,
            following=following,
            literal_context=np.array([context[literal] for literal in encoded], np.int64),
            place_endings=_code_points(PLACE_ENDINGS),
            plate_letters=_code_points(PLATE_LETTERS),
            counters=_code_points(COUNTERS),
            wanted=int(np.bitwise_or.reduce(masks)) if masks else 0,
            masks=tuple(masks),
        )

    def windows(
        self, offsets: NDArray[np.int64], data: NDArray[np.uint8]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Windows (rows of six int64: see ROW ..) in order of place that share no character, and their cores.

        Cores (rows of four int64: see CORE_START ..) stand in the order of their windows.
        """
        windows, cores = scan(
            offsets,
            data,
            self.classes,
            (
                self.literals,
                self.literal_offsets,
                self.literal_bits,
                self.heads,
                self.slot_rows,
                self.following,
                self.literal_context,
            ),
            (self.place_endings, self.plate_letters, self.counters),
            self.wanted,
        )
        return windows, cores


def _slot(literal: bytes) -> int:
    return ord(literal.decode()[0]) % SLOTS


def _forms(literals: Sequence[str]) -> list[str]:
    """Literals as they are, decomposed (NFD), and in full-width letters."""
    wide = [
        "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in literal)
        for literal in literals
    ]
    return [*literals, *(unicodedata.normalize("NFD", literal) for literal in literals), *wide]


def _code_points(characters: str) -> NDArray[np.int64]:
    return np.array(sorted(map(ord, characters)), np.int64)


def _classes() -> NDArray[np.uint8]:
    classes = np.zeros(max(FOLD) + 1, np.uint8)
    for code in (*range(0x80), *(code for code in FOLD if code >= 0x80)):
        folded = FOLD[code] if code >= 0x80 else chr(code)
        if not folded:
            classes[code] = IGNORED
        elif "0" <= folded <= "9":
            classes[code] = DIGIT
        elif folded == ".":
            classes[code] = DOT
        elif folded == ":":
            classes[code] = COLON
        elif folded.isalpha():
            classes[code] = LETTER
        elif folded in " \t\n-/()*+" or folded in STROKES:
            classes[code] = JOINER
    for character in LOOKALIKES:
        classes[ord(character)] = LETTER | DRAWN_DIGIT
    for character in RAISED:
        classes[ord(character)] = DIGIT
    for character in STROKES:
        classes[ord(character)] = JOINER
    for character in SPELLED:
        # The syllables of one to five stand in every other word: what stands between others is looked at from there.
        classes[ord(character)] |= SPELLED_DIGIT | (SPELLED_MARK if character in RARE_SPELLED else 0)
    return classes
