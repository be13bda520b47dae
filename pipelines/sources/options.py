"""What a user says about a source, and which format takes which options.

Cheap to import, since params.yaml is checked with it before anything else is loaded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """One entry of the params section ``sources``; what its format does not take is left out.

    ``path`` is a glob, ``**`` included, of files of this machine, or below s3://, gs:// or hf://; https:// names one
    file. For a Hugging Face data set it is a folder, or hf://datasets/OWNER/NAME with the commit of its ``revision``;
    ``config`` and ``split`` name what is read of it, where it has several. ``text`` and ``id`` name the fields of a
    record that hold its text (a string, or a list of paragraphs) and its identifier. ``documents`` says what separates
    the documents of a text file: blank lines, which is what is meant where it is left out, or nothing, each file being
    one document.
    """

    format: str
    path: str
    lang: Literal["ko", "en", "auto"]
    text: str | None = None
    id: str | None = None
    documents: Literal["blank_line", "file"] | None = None
    revision: str | None = None
    config: str | None = None
    split: str | None = None


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
    is found out first; "streams", at any byte of a plain file or one of bzip2 streams; "parts" and "bytes", between
    the parts that its module finds, a range then counting parts or bytes; "never". ``libraries``: packages whose
    version decides what is read.
    """

    needs: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    cut: Literal["lines", "streams", "parts", "bytes", "never"] = "lines"
    libraries: tuple[str, ...] = ()


FORMATS: Mapping[str, FormatOptions] = {
    "text": FormatOptions(takes=frozenset({"documents"})),
    "jsonl": FormatOptions(needs=frozenset({"text"}), takes=frozenset({"id"})),
    "parquet": FormatOptions(needs=frozenset({"text"}), takes=frozenset({"id"}), cut="parts"),
    "arrow": FormatOptions(needs=frozenset({"text"}), takes=frozenset({"id"}), cut="parts"),
    "wikipedia": FormatOptions(cut="streams"),
    "huggingface": FormatOptions(
        needs=frozenset({"text"}), takes=frozenset({"id", "revision", "config", "split"}), cut="parts"
    ),
    "warc": FormatOptions(cut="bytes", libraries=("resiliparse",)),
    "wet": FormatOptions(cut="bytes"),
    "html": FormatOptions(cut="never", libraries=("resiliparse",)),
}

_KEY = re.compile("[a-z][a-z0-9_]*")
_OPTIONAL = ("text", "id", "documents", "revision", "config", "split")
_SCHEMES = ("s3", "gs", "hf", "https")
_COMMIT = re.compile("[0-9a-f]{40}")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_SECRETS = re.compile("(?i)token|signature|credential|secret|password|api_?key|^sig$|^key$")


def check(key: str, source: SourceOptions) -> list[str]:
    """What is wrong with a source, one line each: where, what was given, what is allowed."""
    errors = []
    if not _KEY.fullmatch(key):
        errors.append(f"sources.{key}: the name of a source is small letters, digits and _, and begins with a letter")
    if not source.path.strip():
        errors.append(f"sources.{key}.path: empty; give a glob, as in data/raw/{key}/*.txt")
    errors += [f"sources.{key}.path: {error}" for error in _address_errors(source.path)]
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
    return errors + (_revision_errors(key, source) if source.format == "huggingface" else [])


def _address_errors(path: str) -> list[str]:
    """What is wrong with the address of a remote file; nothing of what may be secret in it is told."""
    scheme, separator, rest = path.partition("://")
    if not separator:
        return []
    address = urlsplit(path)
    if scheme != "hf" and "@" in address.netloc:
        return ["holds a user name; remove it: credentials come from the environment"]
    secrets = [name for name, _ in parse_qsl(address.query, keep_blank_values=True) if _SECRETS.search(name)]
    if secrets:
        return [f"holds {', '.join(secrets)}; remove it: credentials come from the environment"]
    if scheme == "http" and address.hostname not in _LOOPBACK:
        return [f"{path!r}; http:// can be changed on its way, use https://"]
    if scheme not in (*_SCHEMES, "http"):
        return [f"{path!r}; allowed: a path on this machine, or {', '.join(f'{name}://' for name in _SCHEMES)}"]
    if scheme in ("http", "https") and "*" in rest:
        return [f"{path!r}; {scheme}:// cannot list files, name one"]
    return []


def _revision_errors(key: str, source: SourceOptions) -> list[str]:
    if not source.path.startswith("hf://"):
        given = source.revision is not None
        return [f"sources.{key}.revision: {source.revision!r}; a folder has none, remove the line"] if given else []
    if not re.fullmatch(r"hf://datasets/[\w.-]+/[\w.-]+", source.path):
        return [f"sources.{key}.path: {source.path!r}; give hf://datasets/OWNER/NAME, and the commit as `revision`"]
    if source.revision is None or not _COMMIT.fullmatch(source.revision):
        name = source.path.removeprefix("hf://datasets/")
        found = "missing" if source.revision is None else repr(source.revision)
        return [
            f"sources.{key}.revision: {found}; give the commit, 40 hexadecimal digits, since a branch or tag may move: "
            f"it stands under 'Files and versions', or python -c "
            f"\"from huggingface_hub import HfApi; print(HfApi().dataset_info('{name}').sha)\""
        ]
    return []
