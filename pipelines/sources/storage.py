"""Where files lie: on this machine, or wherever fsspec reaches: s3://, gs://, hf://, https://.

Remote files are read in ranges, each asked for again when the connection or the server fails, so that what is read of
them is the same as of a local file. Credentials come from the environment of each store's own client and are no part
of any address.
"""

import hashlib
import io
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pipelines.core.errors import MalmoiError

_LISTED = {"s3", "gs", "hf"}
_WILDCARD = re.compile(r"[*?[]")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://")
# What is asked for at once: enough to hide the time that an answer takes to begin.
BLOCK_BYTES = 4 << 20
# Seconds before each further try.
DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0)
_TIMEOUT = 60.0
_GCS_SECONDS = 10.0  # in which its client itself tries again
# Request timeout, conflict, too early, too many requests, and errors of the server.
_TRANSIENT_STATUS = {408, 409, 425, 429, 500, 502, 503, 504}
_PERMANENT = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, NotImplementedError)
_CLIENTS = {
    "aiohttp",
    "aiobotocore",
    "botocore",
    "urllib3",
    "requests",
    "httpx",
    "httpx2",
    "httpcore2",
    "huggingface_hub",
}
# What a store calls the identity of a file's content, strongest first.
_IDENTITIES = ("sha256", "ETag", "etag", "blob_id", "Content-MD5", "Digest", "generation", "md5Hash")
_TIMES = ("mtime", "Last-Modified", "LastModified", "last_modified")

_REMEDY = {
    "s3": "credentials and region come from the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_ENDPOINT_URL); for a "
    "public bucket set FSSPEC_S3='{\"anon\": true}'",
    "gs": "credentials come from the environment (GOOGLE_APPLICATION_CREDENTIALS); for a public bucket set "
    "FSSPEC_GS='{\"anonymous\": true}'",
    "hf": "a private or gated data set needs HF_TOKEN in the environment",
}
Result = TypeVar("Result")


@dataclass(frozen=True)
class RemoteFile:
    """A file as its store lists it; ``digest`` changes when its content does."""

    path: str
    bytes: int
    digest: str


def scheme_of(path: str) -> str:
    """The scheme of an address; "" for a path on this machine."""
    found = _SCHEME.match(path)
    return found[1] if found else ""


def open_file(path: str) -> BinaryIO:
    """A file to read and seek in, wherever it lies.

    Raises OSError where a local file cannot be opened. For a remote one MalmoiError is raised here and while reading,
    with the address and the remedy, once trying again has not helped: what a network does must not look like a
    property of the text.
    """
    if not scheme_of(path):
        return Path(path).open("rb")
    return io.BufferedReader(_Ranges(path, remote_file(path).bytes), BLOCK_BYTES)


def remote_file(path: str) -> RemoteFile:
    """One remote file; raises MalmoiError where it is not there, or where its store does not tell size or identity."""
    system = _file_system(scheme_of(path))
    return _described(path, _tried(path, lambda: system.info(path)))


def remote_files(pattern: str) -> tuple[RemoteFile, ...]:
    """All files that a pattern matches, in the order of their addresses; raises MalmoiError where it cannot be told."""
    scheme = scheme_of(pattern)
    if scheme not in _LISTED or not _WILDCARD.search(pattern):
        return (remote_file(pattern),)
    _file_system(scheme).invalidate_cache()
    found = _tried(pattern, lambda: _listed(scheme, pattern))
    return tuple(_described(f"{scheme}://{path}", found[path]) for path in sorted(found))


def _listed(scheme: str, pattern: str) -> dict[str, Mapping[str, Any]]:
    """What a store tells of each file that a pattern matches.

    fsspec's own glob takes a folder that cannot be listed for an empty one.
    """
    from fsspec.utils import glob_translate  # noqa: PLC0415

    system = _file_system(scheme)
    bare = pattern.removeprefix(f"{scheme}://")
    root = _WILDCARD.split(bare)[0].rpartition("/")[0]
    found: dict[str, Mapping[str, Any]] = {}
    if scheme == "hf":
        found = system.find(root, detail=True)
    else:
        depth = None if "**" in bare else bare.count("/") - root.count("/")
        folders = system.walk(root, maxdepth=depth, on_error="raise", detail=True)
        with suppress(FileNotFoundError):  # in a store of objects, an empty folder is none
            _, _, files = next(folders, ("", {}, {}))
            found |= {info["name"]: info for info in files.values()}
        for _, _, files in folders:
            found |= {info["name"]: info for info in files.values()}
    matches = re.compile(glob_translate(bare)).match
    return {path: info for path, info in found.items() if matches(path)}


def _described(path: str, info: Mapping[str, Any]) -> RemoteFile:
    if info.get("type") == "directory":
        raise MalmoiError(f"{path}: a folder; give a glob of its files, as in {path}/**")
    size, scheme = info.get("size"), scheme_of(path)
    found = {**info, **(info.get("lfs") or {})}
    identity = next((str(found[name]) for name in _IDENTITIES if found.get(name)), "")
    identity = identity or next((str(found[name]) for name in _TIMES if found.get(name)), "")
    if size is None or info.get("partial") is False or not identity:
        lacks = "no size" if size is None else "no parts of it" if identity else "neither ETag nor time of change"
        raise MalmoiError(f"{path}: the server gives {lacks}; fetch the file and put it below data/raw")
    text = json.dumps([path if scheme.startswith("http") else "", identity, size])
    return RemoteFile(path, int(size), hashlib.blake2b(text.encode(), digest_size=16).hexdigest())


class _Ranges(io.RawIOBase):
    """A remote file whose every read is a request of its own."""

    def __init__(self, path: str, size: int) -> None:
        self._path, self._size, self._position = path, size, 0
        self._system = _file_system(scheme_of(path))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        start, stop = self._position, min(self._position + len(buffer), self._size)
        if start >= stop:
            return 0
        data = _tried(self._path, lambda: self._fetch(start, stop))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _fetch(self, start: int, stop: int) -> bytes:
        exactly = {"cache_type": "none"} if scheme_of(self._path) == "hf" else {}
        data: bytes = self._system.cat_file(self._path, start=start, end=stop, **exactly)
        if len(data) > stop - start:
            raise MalmoiError(
                f"{self._path}: the server gives no parts of it; fetch the file and put it below data/raw"
            )
        if len(data) < stop - start:
            raise ConnectionError(f"{len(data):,} of {stop - start:,} bytes arrived")
        return data


def _tried(path: str, request: Callable[[], Result]) -> Result:
    """The answer to a request, which is repeated where what went wrong may pass."""
    for delay in (*DELAYS, None):
        try:
            return request()
        except MalmoiError:
            raise
        except Exception as error:  # each client has its own exceptions
            if not any(_is_of_the_store(each) for each in _causes(error)):
                raise
            may_pass = _may_pass(error)
            if delay is None or not may_pass:
                raise MalmoiError(_told(path, error, may_pass)) from None
        time.sleep(delay)
    raise AssertionError("unreachable")


def _may_pass(error: BaseException) -> bool:
    chain = list(_causes(error))
    statuses = [status for each in chain if (status := _status(each))]
    if statuses:
        return statuses[0] in _TRANSIENT_STATUS
    if any("Credential" in type(each).__name__ for each in chain):
        return False
    return any(_is_of_the_store(each) and not isinstance(each, _PERMANENT) for each in chain)


def _is_of_the_store(error: BaseException) -> bool:
    return isinstance(error, OSError | EOFError) or type(error).__module__.split(".")[0] in _CLIENTS


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and those that it came from: most clients wrap the one that knows the status."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int:
    """The HTTP status that an exception carries, 0 where it carries none."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, Mapping):
        found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    else:
        found = getattr(error, "status", None) or getattr(response, "status_code", None)
    return found if isinstance(found, int) else 0


def _told(path: str, error: BaseException, tried: bool) -> str:
    """One line; of the client's own text only what names the error, since a request may hold what is secret."""
    status = next((status for each in _causes(error) if (status := _status(each))), 0)
    known = (each for each in _causes(error) if _is_of_the_store(each) and not isinstance(each, _PERMANENT))
    cause = next(known, error)
    what = type(cause).__name__ + (f", status {status}" if status else "")
    if isinstance(error, FileNotFoundError) and not tried and status in (0, 404):
        return f"{path}: not found; correct the path, or list again with dvc repro --single-item --force sources"
    if tried:
        return f"{path}: {what}, also after {len(DELAYS)} further tries; run dvc repro again when it can be reached"
    hint = _REMEDY.get(scheme_of(path), "see whether the address can be read from here")
    return f"{path}: {what}; {hint}"


@cache
def _file_system(scheme: str) -> Any:
    """The file system of a scheme. Its own tries are switched off: those of this module are bounded and told."""
    import fsspec  # noqa: PLC0415  (half a second that local files need not wait for)

    try:
        if scheme == "s3":
            system = fsspec.filesystem("s3", config_kwargs={"retries": {"total_max_attempts": 1, "mode": "standard"}})
            system.retries = 1
            return system
        if scheme == "gs":
            from fsspec.config import conf  # noqa: PLC0415
            from fsspec.implementations.arrow import ArrowFSWrapper  # noqa: PLC0415
            from pyarrow.fs import GcsFileSystem  # noqa: PLC0415

            # As fsspec itself would read it: gcsfs cannot be had in the version that datasets allows.
            given = {"retry_time_limit": timedelta(seconds=_GCS_SECONDS), **conf.get("gs", {})}
            return ArrowFSWrapper(GcsFileSystem(**given))
        if scheme == "hf":
            return fsspec.filesystem("hf")
        from aiohttp import ClientTimeout  # noqa: PLC0415

        return fsspec.filesystem(
            "http", client_kwargs={"timeout": ClientTimeout(sock_connect=_TIMEOUT, sock_read=_TIMEOUT)}
        )
    except (ImportError, ValueError) as error:
        raise MalmoiError(f"{scheme}://: {error}") from None
