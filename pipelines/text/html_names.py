"""Names that HTML gives a meaning to, as hash tables that a compiled loop looks words up in."""

import html.entities
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.core.names import NameTable, name_table

# What a tag leaves behind: nothing, a newline, a space; RAW leaves a newline and takes its content along.
# WORDY names are English words too: one is a tag only when it closes or has attributes.
INLINE, BLOCK, SPACE, RAW = 1, 2, 3, 4
KIND_MASK, WORDY = 7, 8

_INLINE_TAGS = (
    "abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label nobr noscript rp rt ruby samp small "
    "span strike strong sub sup tt u wbr"
)
_BLOCK_TAGS = (
    "article aside blockquote body br caption center colgroup dd details dir div dl dt fieldset figcaption "
    "figure footer form frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li main nav ol optgroup p "
    "pre section table tbody template textarea tfoot thead title tr ul"
)
_SPACE_TAGS = "audio button canvas embed img option select svg td th video"
_WORDY_INLINE_TAGS = (
    "a area base basefont col data dialog frame image input link map mark meta meter object output param picture "
    "progress slot source time track var"
)
_WORDY_BLOCK_TAGS = "address menu search summary"
_RAW_TAGS = "script style"
_BOOLEAN_ATTRIBUTES = (
    "allowfullscreen async autofocus autoplay checked compact controls defer disabled hidden itemscope loop "
    "multiple muted nohref noshade novalidate nowrap open readonly required reversed selected"
)

_WINDOWS_1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ"  # what &#128; to &#159; mean in HTML5


class HtmlNames(NamedTuple):
    """Entities (without & and ;) with their text, tags with what they leave behind, attributes that need no value."""

    entities: NameTable
    tags: NameTable
    attributes: NameTable
    windows_1252: NDArray[np.int32]


@cache
def html_names() -> HtmlNames:
    """All tables: entities of HTML 5, tags of HTML 4 and 5, and what &#128; to &#159; mean."""
    entities = {name[:-1]: text.encode() for name, text in html.entities.html5.items() if name.endswith(";")}
    tags: dict[str, bytes] = {}
    for names, kind in (
        (_INLINE_TAGS, INLINE),
        (_BLOCK_TAGS, BLOCK),
        (_SPACE_TAGS, SPACE),
        (_RAW_TAGS, RAW),
        (_WORDY_INLINE_TAGS, INLINE | WORDY),
        (_WORDY_BLOCK_TAGS, BLOCK | WORDY),
    ):
        tags |= dict.fromkeys(names.split(), bytes([kind]))
    attributes = dict.fromkeys(_BOOLEAN_ATTRIBUTES.split(), b"")
    windows_1252 = np.array([ord(character) for character in _WINDOWS_1252], np.int32)
    return HtmlNames(name_table(entities), name_table(tags), name_table(attributes), windows_1252)
