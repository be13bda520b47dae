"""Data sets of the Hugging Face hub, at one commit, or in a folder: read from their files, none of their code is run.

What belongs to a configuration and a split follows what ``datasets`` does: the data set's own card where it lists its
files, else the names of folders and files. A folder that ``save_to_disk`` wrote says it itself.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import translate
from io import SEEK_END
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from pipelines.core.errors import MalmoiError
from pipelines.sources.formats import arrow, jsonl, parquet
from pipelines.sources.options import ReadLimits, SourceOptions
from pipelines.sources.records import Part
from pipelines.sources.storage import open_file, remote_files, scheme_of

_KINDS = {
    "parquet": re.compile(r"\.parquet$"),
    "arrow": re.compile(r"\.arrow$"),
    "jsonl": re.compile(r"\.(jsonl|ndjson|json)(\.(gz|zst|bz2|xz))?$"),
}
_PIECE_BYTES = 16 << 20
_MAXIMUM_CARD = 1 << 20
_OF_SAVE_TO_DISK = {"state.json", "dataset_info.json", "dataset_dict.json", "dataset_infos.json"}
_SPLITS = {
    "train": {"train", "training"},
    "validation": {"validation", "valid", "val", "dev"},
    "test": {"test", "testing", "eval", "evaluation"},
}


def files(source: SourceOptions) -> tuple[str, ...]:
    """The data files of the wanted configuration and split, sorted.

    Raises MalmoiError, beginning with the option to mend, where it is not told which is wanted or none is found.
    """
    root = source.path.rstrip("/") + (f"@{source.revision}" if source.revision is not None else "")
    names = _names(root)
    if not names:
        raise MalmoiError(f"path: no file below {root}; correct it, or put the data set there")
    content = {name: _json(root, name) for name in names if name in ("dataset_dict.json", "state.json")}
    if "dataset_dict.json" in content:
        split = _one("split", source.split, [str(each) for each in content["dataset_dict.json"].get("splits", [])])
        found = [f"{split}/{file}" for file in _saved(_json(root, f"{split}/state.json"))]
    elif "state.json" in content:
        if source.split not in (None, content["state.json"].get("_split")):
            raise MalmoiError(f"split: {source.split!r}; {root} is saved as one, remove the line")
        found = _saved(content["state.json"])
    else:
        found = _of_split(names, source, _card(root, names))
    missing = sorted(set(found) - set(names))
    if missing:
        raise MalmoiError(f"path: {root} lacks {missing[0]}, which it names; copy the whole data set")
    return tuple(sorted(f"{root}/{name}" for name in found))


def parts(path: str, compression: str) -> tuple[int, ...]:
    """What the format of the file gives; of lines of JSON, pieces of 16 MiB."""
    kind = _kind(path)
    if kind != "jsonl":
        return parquet.parts(path, compression) if kind == "parquet" else arrow.parts(path, compression)
    if compression != "none":
        return ()
    with open_file(path) as file:
        size = file.seek(0, SEEK_END)
    return tuple(min(_PIECE_BYTES, size - start) for start in range(0, size, _PIECE_BYTES))


def read(part: Part, source: SourceOptions, limits: ReadLimits) -> Iterator[pa.RecordBatch]:
    """Rows of one part of a file, as its format gives them."""
    kind = _kind(part.name)
    if kind != "jsonl":
        return parquet.read(part, source, limits) if kind == "parquet" else arrow.read(part, source, limits)
    stop = part.stop * _PIECE_BYTES if part.stop >= 0 else -1
    return jsonl.read(replace(part, start=part.start * _PIECE_BYTES, stop=stop), source, limits)


def _kind(name: str) -> str:
    return next((kind for kind, ending in _KINDS.items() if ending.search(name)), "")


def _names(root: str) -> list[str]:
    """Paths of all files, relative to the root."""
    if scheme_of(root):
        try:
            return [file.path.removeprefix(f"{root}/") for file in remote_files(f"{root}/**")]
        except MalmoiError as error:
            raise MalmoiError(f"path: {error}") from None
    return sorted(path.relative_to(root).as_posix() for path in Path(root).rglob("*") if path.is_file())


def _of_split(
    names: Sequence[str], source: SourceOptions, configurations: Mapping[str, Mapping[str, list[str]]]
) -> list[str]:
    if configurations:
        splits = configurations[_one("config", source.config, list(configurations))]
        patterns = splits[_one("split", source.split, list(splits))]
        expressions = [re.compile(_glob(pattern)) for pattern in patterns]
        return _of_one_kind([name for name in names if any(each.fullmatch(name) for each in expressions)], source)
    data = [name for name in names if not _is_hidden(name)]
    if source.config is not None:
        data = [name for name in data if source.config in name.split("/")[:-1]]
        if not data:
            raise MalmoiError(f"config: {source.config!r}; no folder of {source.path} has this name")
    by_split: dict[str, list[str]] = {}
    for name in _of_one_kind(data, source):
        by_split.setdefault(_split_of(name), []).append(name)
    if by_split.keys() == {""}:  # without a word for a split everything is for training
        by_split = {"train": by_split[""]}
    elif "" in by_split:
        by_split.setdefault("train", []).extend(by_split.pop(""))
    return by_split[_one("split", source.split, list(by_split))]


def _one(option: str, wanted: str | None, given: Sequence[str]) -> str:
    """The one that is wanted or, where that is left out, the only one there is."""
    if wanted is None and len(given) == 1:
        return given[0]
    if wanted is None and option == "config" and "default" in given:
        return "default"
    if wanted in given:
        return str(wanted)
    found = "missing" if wanted is None else repr(wanted)
    raise MalmoiError(f"{option}: {found}; one of {', '.join(sorted(given))}")


def _of_one_kind(names: Sequence[str], source: SourceOptions) -> list[str]:
    """Files of the first kind that there is, since a data set may be given in several."""
    for kind in _KINDS:
        found = [name for name in names if _kind(name) == kind]
        if found:
            return found
    raise MalmoiError(f"path: {source.path} holds no such file in parquet, arrow or jsonl; convert it to one of them")


def _split_of(name: str) -> str:
    words = set(re.split(r"[^0-9a-z]+", name.lower()))
    return next((split for split, names in _SPLITS.items() if words & names), "")


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "_")) for part in name.split("/")) or Path(name).name in _OF_SAVE_TO_DISK


def _glob(pattern: str) -> str:
    """A pattern of a card as a regular expression; ``**`` crosses folders, ``*`` does too, as on the hub's listings."""
    return translate(pattern.removeprefix("./").replace("**/", "*"))


def _saved(state: Mapping[str, Any]) -> list[str]:
    return [str(file["filename"]) for file in state.get("_data_files", [])]


def _json(root: str, name: str) -> Mapping[str, Any]:
    try:
        content = json.loads(_read(f"{root}/{name}"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise MalmoiError(f"path: {root}/{name} is missing or damaged; copy the whole data set")
    return content


def _card(root: str, names: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """Patterns of the data files of every configuration and split, where the front matter of README.md lists them."""
    if "README.md" not in names:
        return {}
    matter = re.match(r"---\r?\n(.*?)\r?\n---", _read(f"{root}/README.md").decode("utf-8", "replace"), re.DOTALL)
    try:
        content = yaml.safe_load(matter[1]) if matter else None
        return _configurations(content.get("configs") or []) if isinstance(content, dict) else {}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        told = f"path: the front matter of {root}/README.md does not list files as the hub defines it; mend it"
        raise MalmoiError(told) from None


def _configurations(entries: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for entry in entries:
        given, folder = entry.get("data_files"), str(entry.get("data_dir") or "").strip("/")
        listed = given if isinstance(given, list) and given and isinstance(given[0], dict) else [{"path": given}]
        for each in listed:
            paths = each["path"] if isinstance(each["path"], list) else [each["path"]]
            patterns = [f"{folder}/{path or '**'}".lstrip("/") for path in paths if path or folder]
            if patterns:
                found.setdefault(str(entry["config_name"]), {})[str(each.get("split", "train"))] = patterns
    return found


def _read(path: str) -> bytes:
    with open_file(path) as file:
        return file.read(_MAXIMUM_CARD)
