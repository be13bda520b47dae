"""What a user says about a source, and which format takes which options.

Cheap to import, since params.yaml is checked with it before anything else is loaded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """One entry of the params section ``sources``; what its format does not take is left out.

    ``path`` is a glob, ``**`` included. ``text`` and ``id`` name the fields of a record that hold its text (a string,
    or a list of paragraphs) and its identifier. ``documents`` says what separates the documents of a text file: blank
    lines, which is what is meant where it is left out, or nothing, each file being one document.
    """

    format: str
    path: str
    lang: Literal["ko", "en", "auto"]
    text: str | None = None
    id: str | None = None
    documents: Literal["blank_line", "file"] | None = None


@dataclass(frozen=True, kw_only=True)
class ReadLimits:
    """A record of more than ``max_document_bytes``, as it stands in its unpacked file, is quarantined and not kept.

    So is a web page whose text takes more than ``page_seconds`` of processor time to find.
    """

    max_document_bytes: int
    page_seconds: float = 30.0


@dataclass(frozen=True, kw_only=True)
class FormatOptions:
    """Options that a format needs and takes, and how its files may be cut, so that several workers read one.

    The module of its name in ``formats`` reads it. ``cut``: "lines", at any byte, its files being text whose encoding
    is found out first; "parts" and "bytes", between the parts that its module finds, a range then counting parts or
    bytes; "never". ``libraries``: packages whose version decides what is read.
    """

    needs: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    cut: Literal["lines", "parts", "bytes", "never"] = "lines"
    libraries: tuple[str, ...] = ()


FORMATS: Mapping[str, FormatOptions] = {
    "text": FormatOptions(takes=frozenset({"documents"})),
    "jsonl": FormatOptions(needs=frozenset({"text"}), takes=frozenset({"id"})),
    "parquet": FormatOptions(needs=frozenset({"text"}), takes=frozenset({"id"}), cut="parts"),
    "warc": FormatOptions(cut="bytes", libraries=("resiliparse",)),
    "wet": FormatOptions(cut="bytes"),
    "html": FormatOptions(cut="never", libraries=("resiliparse",)),
}

_KEY = re.compile("[a-z][a-z0-9_]*")
_OPTIONAL = ("text", "id", "documents")


def check(key: str, source: SourceOptions) -> list[str]:
    """What is wrong with a source, one line each: where, what was given, what is allowed."""
    errors = []
    if not _KEY.fullmatch(key):
        errors.append(f"sources.{key}: the name of a source is small letters, digits and _, and begins with a letter")
    if not source.path.strip():
        errors.append(f"sources.{key}.path: empty; give a glob, as in data/raw/{key}/*.txt")
    options = FORMATS.get(source.format)
    if options is None:
        return [*errors, f"sources.{key}.format: {source.format!r}; allowed: {', '.join(FORMATS)}"]
    for name in _OPTIONAL:
        value = getattr(source, name)
        if value is None and name in options.needs:
            errors.append(f"sources.{key}.{name}: missing; a {source.format} source needs it: the field of a record")
        elif value is not None and name not in options.needs | options.takes:
            errors.append(f"sources.{key}.{name}: {value!r}; a {source.format} source takes none, remove the line")
        elif value == "":
            errors.append(f"sources.{key}.{name}: empty; give the name of a field")
    return errors
