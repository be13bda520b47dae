"""The process that parses pages: HTML in, lines of text with links and headings marked out, a batch of pages at a time.

Started by ``sandbox`` as a script, so that it imports the parser and nothing of this project. A page that takes more
processor time than it may, or more memory, ends the process, which leaves the pages before it answered.
"""

import json
import resource
import signal
import struct
import sys
from functools import cache
from pathlib import Path
from typing import BinaryIO

NUMBER = struct.Struct("<I")
READY, FAILED = 0, 0xFFFFFFFF
_MEMORY_BYTES = 1 << 30


def marked_text(page: str) -> str:
    """Text of a page, a line to a block, without what is hidden and what its markup names furniture.

    Links and headings stay marked by their tags, beside which ``<``, ``>`` and ``&`` are escaped.
    """
    from resiliparse.extract.html2text import extract_plain_text  # noqa: PLC0415  (for the process, not for its parent)

    text: str = extract_plain_text(
        page,
        preserve_formatting="minimal_html",
        main_content=False,
        list_bullets=False,
        alt_texts=False,
        links=True,
        skip_elements=_furniture(),
    )
    return text


@cache
def _furniture() -> list[str]:
    """CSS selectors of menus, footers, side bars and the like, and of what a reader does not see."""
    content = json.loads(Path(__file__).with_name("furniture.json").read_text(encoding="utf-8"))
    roles = [f'[role="{role}"]' for role in content["roles"]]
    # The attribute first, which most elements lack: that halves the time.
    classes = f"[class]:is({', '.join(f'.{name}' for name in content['names'])}):not(body)"
    identifiers = f"[id]:is({', '.join(f'#{name}' for name in content['names'])}):not(body)"
    return [*content["elements"], *content["hidden"], *roles, classes, identifiers]


def serve(requests: BinaryIO, answers: BinaryIO, seconds: float) -> None:
    """Say that it is ready, then answer batches (a count, sizes, pages) with a size and a text for each page."""
    marked_text("")
    answers.write(NUMBER.pack(READY))
    answers.flush()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while head := requests.read(NUMBER.size):
        (count,) = NUMBER.unpack(head)
        sizes = struct.unpack(f"<{count}I", requests.read(NUMBER.size * count))
        for page in [requests.read(size) for size in sizes]:
            # The signal's default is to end the process, wherever in the parser it is.
            signal.setitimer(signal.ITIMER_PROF, seconds)
            try:
                text = marked_text(page.decode()).encode("utf-8", "replace")
            except Exception:
                answers.write(NUMBER.pack(FAILED))
            else:
                answers.write(NUMBER.pack(len(text)) + text)
            answers.flush()
        signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer, float(sys.argv[1]))
