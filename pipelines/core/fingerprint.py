"""What a result depends on, as one digest: values, parameters, code and the versions that decide bytes."""

import dataclasses
import hashlib
import json
import os
import re
import unicodedata
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import pyarrow as pa
from xxhash import xxh3_128

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "malmoi")
"""What may be made again at any time: compiled loops and tables, under names that say what they were made from."""

_PACKAGE = "pipelines"
_CHUNK = 1 << 20
# Parsing the source instead took a tenth of a second at every start of a stage.
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]+)|import[ \t]+([^\n]+))", re.MULTILINE
)
_COMMENT = re.compile(r"#[^\n]*")


def digest(value: object) -> str:
    """Digest (128 bits, hex) of JSON-able values, dataclasses included."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def file_digest(path: Path | str) -> str:
    """Digest (XXH3, 128 bits, hex) of a file's content: tells content apart, guards against nobody.

    Every dataset is hashed when it is written and again by each stage that reads it, so a cryptographic hash, at .5 to
    1 GB/s, took as long as half of the stages' own work; this one runs at the speed of memory.
    """
    state = xxh3_128()
    with Path(path).open("rb") as file:
        while chunk := file.read(_CHUNK):
            state.update(chunk)
    return state.hexdigest()


def versions() -> dict[str, str]:
    """Versions that decide the bytes of a shard."""
    return {"pyarrow": pa.__version__, "unicode": unicodedata.unidata_version}


@cache
def import_closure(module: str, packages: tuple[str, ...] = (_PACKAGE,)) -> tuple[str, ...]:
    """Names of all modules of ``packages`` that ``module`` imports, directly or not, itself included; read, not run."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or _source(name) is None:
            continue
        found.add(name)
        waiting += _needed(name, packages)
    return tuple(sorted(found))


@cache
def code_version(module: str) -> str:
    """Digest of the source and data files behind ``module``."""
    files = {path for name in import_closure(module) if (path := _source(name)) is not None}
    data = {path for folder in {path.parent for path in files} for path in _data_files(folder)}
    return digest([_code_digest(path) for path in sorted(files | data)])


@cache
def direct_imports(module: str) -> tuple[str, ...]:
    """Whatever the source of ``module`` imports, also inside functions; ``from a import b`` gives ``a`` and ``a.b``."""
    found: list[str] = []
    for package, names, modules in _IMPORT.findall(_text(module)):
        listed = _COMMENT.sub("", names or modules).strip(" ()\n").split(",")
        imported = [entry.split()[0] for entry in listed if entry.strip()]
        found += [package, *(f"{package}.{name}" for name in imported)] if package else imported
    return tuple(found)


@cache
def _needed(module: str, packages: tuple[str, ...]) -> tuple[str, ...]:
    """What the closure of a module with a source goes on with: its parent, its imports and what a package loads."""
    parent = module.rpartition(".")[0]
    names = [parent] if parent else []
    names += [name for name in direct_imports(module) if name.split(".")[0] in packages]
    path = _source(module)
    if path is not None and "__path__" in _text(module):  # a package that imports what it holds
        names += [f"{module}.{file.stem}" for file in path.parent.glob("[!_]*.py")]
    return tuple(names)


@cache
def _text(module: str) -> str:
    """The source of a module, "" for what is none."""
    path = _source(module)
    return "" if path is None else path.read_text(encoding="utf-8")


@cache
def _data_files(package: Path) -> list[Path]:
    below = {path.parent for path in package.glob("*/*.json") if not (path.parent / "__init__.py").exists()}
    return [path for folder in (package, *below) for path in folder.glob("*.json")]


@cache
def _source(name: str) -> Path | None:
    """The file of a module, found without importing anything; None for what is no module of Python source."""
    top, *below = name.split(".")
    folder = _package_folder(top)
    if folder is None:
        return None
    path = os.path.join(folder, *below)  # noqa: PTH118  (of hundreds of names at every start, most are no module)
    candidates = (os.path.join(path, "__init__.py"), f"{path}.py")  # noqa: PTH118
    return next((Path(file) for file in candidates if os.path.isfile(file)), None)  # noqa: PTH113


@cache
def _package_folder(package: str) -> str | None:
    spec = PathFinder.find_spec(package)
    return next(iter(spec.submodule_search_locations)) if spec and spec.submodule_search_locations else None


@cache
def _code_digest(path: Path) -> str:
    return file_digest(path)


def _plain(value: object) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be fingerprinted")
