"""Real servers on loopback that fail when told to: S3 by moto, and plain HTTP with ranges."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server
from werkzeug.utils import send_file
from werkzeug.wrappers import Response

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Faulty:
    """Answers as ``application`` does, but each GET of a file first takes what is next in ``faults``: a status, or
    "cut", which sends half of the answer and closes the connection. ``requests`` counts what was asked for."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.faults: list[int | str] = []
        self.requests: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.requests.append(
            f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {environ.get('HTTP_RANGE', '')}".strip()
        )
        fault = self.faults.pop(0) if self.faults and environ["REQUEST_METHOD"] == "GET" else 0
        if isinstance(fault, int) and fault:
            return Response("not now", fault)(environ, start_response)
        answer = b"".join(self.application(environ, start_response))
        return [answer[: len(answer) // 2]] if fault == "cut" else [answer]


@contextmanager
def served(application: Application) -> Iterator[str]:
    """The address at which ``application`` is served while the block runs."""
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def files_of(folder: Path) -> Application:
    """Files of a folder, in ranges where asked for, with ETag and time of change."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = folder / environ["PATH_INFO"].lstrip("/")
        found = path.is_file()
        response = send_file(path, environ, conditional=True) if found else Response("no such file", 404)
        return response(environ, start_response)

    return answer


def hub(folder: Path, commit: str) -> Application:
    """As much of the Hugging Face hub as its client needs to list and read the data set owner/name at ``commit``."""
    files = files_of(folder)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == f"/api/datasets/owner/name/revision/{commit}":
            return _json({"id": "owner/name", "sha": commit})(environ, start_response)
        if path.startswith(f"/api/datasets/owner/name/tree/{commit}"):
            root = folder / path.removeprefix(f"/api/datasets/owner/name/tree/{commit}").strip("/")
            found = root.rglob("*") if "recursive=true" in environ["QUERY_STRING"] else root.glob("*")
            return _json([_entry(each, folder) for each in sorted(found)])(environ, start_response)
        resolved = f"/datasets/owner/name/resolve/{commit}/"
        if path.startswith(resolved):
            return files({**environ, "PATH_INFO": path.removeprefix(resolved)}, start_response)
        return Response("no such page", 404)(environ, start_response)

    return answer


def _entry(path: Path, folder: Path) -> dict[str, Any]:
    content = path.read_bytes() if path.is_file() else b""
    return {
        "type": "file" if path.is_file() else "directory",
        "oid": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        "size": len(content),
        "path": path.relative_to(folder).as_posix(),
    }


def _json(value: Any) -> Response:
    return Response(json.dumps(value), content_type="application/json")


def objects() -> Application:
    """A fresh S3, kept in memory."""
    from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415

    application: Application = DomainDispatcherApplication(create_backend_app)
    return application
