"""English words and marks as spaCy's rule tokeniser cuts them, which the published English filters count in.

The order of the rules is spaCy's: special cases, then marks off both ends in turn, then web addresses, then marks
inside (https://spacy.io/usage/linguistic-features#how-tokenizer-works). Its emoticons inside a word, private internet
addresses and the scripts that it knows no letters of are left out.
"""

import unicodedata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.core.kernel import inner_kernel
from pipelines.core.kernels import mix
from pipelines.core.tables import kept_table
from pipelines.text.unicode import TABLE_SIZE

# Bits of what a code point may be to the rules.
UPPER, LOWER, NUMERAL, MARK, QUOTE, SIGN, CURRENCY, BEFORE_DOT, HOST, AFTER_NUMERAL = (1 << bit for bit in range(10))

_MARKS = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
_QUOTES = "'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉⟦⟧"
_CURRENCIES = "$£€¥฿₽﷼₴₩₪₫₹₺₿"
_AFTER_A_NUMBER = [
    "km",
    "km²",
    "km³",
    "m",
    "m²",
    "m³",
    "dm",
    "dm²",
    "dm³",
    "cm",
    "cm²",
    "cm³",
    "mm",
    "mm²",
    "mm³",
    "ha",
    "µm",
    "nm",
    "yd",
    "in",
    "ft",
    "kg",
    "g",
    "mg",
    "µg",
    "t",
    "lb",
    "oz",
    "m/s",
    "km/h",
    "kmh",
    "mph",
    "hPa",
    "Pa",
    "mbar",
    "mb",
    "MB",
    "kb",
    "KB",
    "gb",
    "GB",
    "tb",
    "TB",
    "T",
    "G",
    "M",
    "K",
    "%",
]
_LONGEST_UNIT = 4
_LONGEST_SPECIAL = 12  # characters
_ODD = np.uint64(0x9E3779B97F4A7C15)


@kept_table
def english_flags() -> NDArray[np.uint16]:
    """For every code point the bits above (uint16, read-only)."""
    flags = np.zeros(TABLE_SIZE, np.uint16)
    for code in (*range(0xD800), *range(0xE000, 0x20000)):
        category = unicodedata.category(chr(code))
        if category == "Lu":
            flags[code] = UPPER
        elif category == "Ll":
            flags[code] = LOWER
        elif category in {"Lo", "Lm"}:
            flags[code] = UPPER | LOWER
        elif category == "So":
            flags[code] = SIGN
        if 0xA1 <= code <= 0xFFFF or (chr(code).isalnum() and code < 0x80):
            flags[code] |= HOST
    flags[0x30:0x3A] |= NUMERAL
    for characters, flag in ((_MARKS, MARK), (_QUOTES, QUOTE), (_CURRENCIES, CURRENCY)):
        for character in characters:
            flags[ord(character)] |= flag
    dotted = flags & (LOWER | NUMERAL | MARK | QUOTE) != 0
    flags[dotted] |= BEFORE_DOT
    for character in "%²-+(?:)|":
        flags[ord(character)] |= BEFORE_DOT
    for unit in _AFTER_A_NUMBER:
        flags[ord(unit[-1])] |= AFTER_NUMERAL
    return flags


@inner_kernel
def hash_codes(codes: Any, start: int, stop: int) -> Any:
    """Hash of the code points ``codes[start:stop]``, never 0."""
    state = np.uint64(0)
    for at in range(start, stop):
        state = (state ^ np.uint64(codes[at])) * _ODD
    return mix(state) | np.uint64(1)


@inner_kernel
def find_word(keys: Any, key: Any) -> Any:
    """Slot of ``key``, or the empty one where it would be."""
    slot = np.int64(key >> np.uint64(20)) & (len(keys) - 1)
    while keys[slot] != 0 and keys[slot] != key:
        slot = (slot + 1) & (len(keys) - 1)
    return slot


@inner_kernel
def cut_english(
    codes: Any,
    length: int,
    flags: Any,
    keys: Any,
    values: Any,
    sieve: Any,
    units: Any,
    ends: Any,
) -> Any:
    """Write where each part of the word ``codes[:length]`` (int32) ends to ``ends`` (int64); returns how many parts.

    ``ends`` has room for twice ``length``: its second half is where the marks at the end wait.
    """
    left, right, count, waiting = 0, length, 0, 0
    cuts = np.uint64(0)
    asked = False
    while left < right:
        if not asked:
            cuts = _special(codes, left, right, keys, values, sieve)
        if cuts:
            break
        prefix = _prefix(codes, left, right, flags)
        if prefix and left + prefix < right:
            cuts = _special(codes, left + prefix, right, keys, values, sieve)
        suffix = 0
        if cuts == 0:
            suffix = _suffix(codes, left + prefix, right, flags, units)
            asked = prefix == 0 and suffix > 0 and left < right - suffix
            if suffix and left < right - suffix:
                cuts = _special(codes, left, right - suffix, keys, values, sieve)
                prefix = prefix if cuts == 0 else 0
        if prefix:
            left += prefix
            ends[count] = left
            count += 1
        if suffix:
            ends[length + waiting] = right
            waiting += 1
            right -= suffix
        if cuts or not (prefix or suffix):
            break
    if left < right:
        if cuts:
            for at in range(1, min(right - left, 63) + 1):
                if cuts >> np.uint64(at) & np.uint64(1):
                    ends[count] = left + at
                    count += 1
        else:
            count = _inside(codes, left, right, flags, ends, count)
    for at in range(waiting - 1, -1, -1):
        ends[count] = ends[length + at]
        count += 1
    return count


@inner_kernel
def sieve_slot(first: Any, last: Any) -> Any:
    """Where the sieve has the lengths of the special words with these characters at their ends, or like ones."""
    return np.int64(first & 63) << 6 | np.int64(last & 63)


@inner_kernel
def _special(codes: Any, left: int, right: int, keys: Any, values: Any, sieve: Any) -> Any:
    length = right - left
    if length > _LONGEST_SPECIAL or not sieve[sieve_slot(codes[left], codes[right - 1])] >> length & 1:
        return np.uint64(0)
    key = hash_codes(codes, left, right)
    slot = find_word(keys, key)
    return values[slot] if keys[slot] == key else np.uint64(0)


@inner_kernel
def _prefix(codes: Any, left: int, right: int, flags: Any) -> Any:
    """Length of the mark at the beginning, 0 when there is none."""
    code = codes[left]
    if code == 0x2E:
        run = _run(codes, left, right)
        return run if run > 1 else 0
    if flags[code] & (MARK | QUOTE | CURRENCY | SIGN) or code in (0xA7, 0x25, 0x3D, 0x2014, 0x2013):
        return 1
    if code == 0x2B:
        return 0 if left + 1 < right and flags[codes[left + 1]] & NUMERAL else 1
    if code in (0x41, 0x43) and left + 1 < right and codes[left + 1] == 0x24:  # A$ C$
        return 2
    if code == 0x55 and left + 2 < right and codes[left + 1] == 0x53 and codes[left + 2] == 0x24:  # US$
        return 3
    return 0


@inner_kernel
def _suffix(codes: Any, left: int, right: int, flags: Any, units: Any) -> Any:
    """Length of the mark or unit at the end of ``codes[left:right]``, 0 when there is none."""
    if left >= right:
        return 0
    last = codes[right - 1]
    previous: Any = codes[right - 2] if right - left > 1 else np.int32(0)
    for size in range(min(_LONGEST_UNIT, right - left - 1) if flags[last] & AFTER_NUMERAL else 0, 0, -1):
        if flags[codes[right - size - 1]] & NUMERAL:
            packed = np.uint64(0)
            for at in range(right - size, right):
                packed = packed << np.uint64(16) | np.uint64(codes[at] & 0xFFFF)
            found = np.searchsorted(units, packed)
            if found < len(units) and units[found] == packed:
                return size
    if last == 0x2E:
        run = 1
        while right - run > left and codes[right - run - 1] == 0x2E:
            run += 1
        if run > 1:
            return run
        if flags[previous] & BEFORE_DOT:
            return 1
        return 1 if right - left > 2 and flags[previous] & flags[codes[right - 3]] & UPPER else 0
    if last | 0x20 == 0x73 and previous in (0x27, 0x2019):  # 's
        return 2
    if flags[last] & (MARK | QUOTE | SIGN) or last in (0x2014, 0x2013):
        return 1
    if last == 0x2B or flags[last] & CURRENCY:
        return 1 if flags[previous] & NUMERAL else 0
    return 0


@inner_kernel
def _run(codes: Any, left: int, right: int) -> Any:
    stop = left
    while stop < right and codes[stop] == codes[left]:
        stop += 1
    return stop - left


@inner_kernel
def _inside(codes: Any, left: int, right: int, flags: Any, ends: Any, count: int) -> Any:
    """Ends of the parts between marks inside ``codes[left:right]``; a web address is one part."""
    start, at, first = left, left, True
    while at < right:
        if flags[codes[at]] & (UPPER | LOWER | NUMERAL):
            at += 1
            continue
        size = _infix(codes, left, at, right, flags)
        if size == 0:
            at += 1
            continue
        if at > start:
            if first and _is_address(codes, left, right, flags):
                break
            first = False
            ends[count] = at
            ends[count + 1] = at + size
            count += 2
            start = at + size
        at += size
    if start < right:
        ends[count] = right
        count += 1
    return count


@inner_kernel
def _infix(codes: Any, left: int, at: int, right: int, flags: Any) -> Any:
    """Length of the mark at ``at`` that separates two parts of a word, 0 when there is none."""
    code = codes[at]
    kind = flags[code]
    if kind & SIGN or code == 0x2026:
        return 1
    if code == 0x2E:
        run = _run(codes, at, right)
        if run > 1:
            return run
    if at == left or at + 1 >= right:
        return 0
    before, after = flags[codes[at - 1]], flags[codes[at + 1]]
    letter = UPPER | LOWER
    if code == 0x2E:
        return 1 if before & (LOWER | QUOTE) and after & (UPPER | QUOTE) else 0
    if code == 0x2C:
        return 1 if before & letter and after & letter else 0
    if code in (0x2B, 0x2D, 0x2A, 0x5E) and before & NUMERAL and (after & NUMERAL or codes[at + 1] == 0x2D):
        return 1
    if not before & (letter | NUMERAL):
        return 0
    if code in (0x3A, 0x3C, 0x3E, 0x3D, 0x2F, 0x2013, 0x7E):
        return 1 if after & letter else 0
    if code in (0x2D, 0x2014):
        run = min(_run(codes, at, right), 3 if code == 0x2D else 2)
        return run if at + run < right and flags[codes[at + run]] & letter else 0
    return 0


@inner_kernel
def _is_address(codes: Any, left: int, right: int, flags: Any) -> Any:
    """Whether the word is a host whose last label is in lower case, maybe after a scheme or a user, before a path."""
    start = left
    for at in range(left + 2, right - 3):
        if codes[at] == 0x3A and codes[at + 1] == 0x2F and codes[at + 2] == 0x2F:
            start = at + 3
            break
    if _is_host(codes, start, right, flags):
        return True
    for at in range(start + 1, right):
        if codes[at] == 0x40 and _is_host(codes, at + 1, right, flags):
            return True
    return False


@inner_kernel
def _is_host(codes: Any, left: int, right: int, flags: Any) -> Any:
    at, labels, label = left, 0, left
    lower = True
    while at < right:
        code = codes[at]
        if code == 0x2E:
            if at == label or not flags[codes[label]] & HOST or not flags[codes[at - 1]] & HOST:
                return False
            labels, label, lower = labels + 1, at + 1, True
        elif flags[code] & HOST or code in (0x5F, 0x2D):
            lower &= flags[code] & LOWER != 0
        else:
            break
        at += 1
    if labels == 0 or not lower or not 2 <= at - label <= 63:
        return False
    if at < right and codes[at] == 0x3A:
        port = at + 1
        while port < right and flags[codes[port]] & NUMERAL:
            port += 1
        at = port if 2 <= port - at - 1 <= 5 else at
    return at == right or codes[at] in (0x2F, 0x3F, 0x23)


def units_after_numbers() -> NDArray[np.uint64]:
    """Units that are cut off a number, packed sixteen bits to a character and sorted."""
    packed = (sum(ord(c) << 16 * (len(unit) - 1 - at) for at, c in enumerate(unit)) for unit in _AFTER_A_NUMBER)
    return np.array(sorted(packed), np.uint64)
