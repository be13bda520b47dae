"""The stage sources: one listing per source, none of a source that is gone, every mistake told at once."""

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.core.errors import MalmoiError
from stages.sources import main

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.txt").write_text("문서 하나\n\n문서 둘\n")
    (tmp_path / "raw" / "b.jsonl").write_text('{"t": "문서"}\n')
    return tmp_path


def declare(**sources: dict[str, Any]) -> None:
    params = yaml.safe_load(PARAMS.read_text())
    params["sources"] = sources
    Path("params.yaml").write_text(yaml.safe_dump(params))


TEXT = {"format": "text", "path": "raw/*.txt", "lang": "ko"}
JSONL = {"format": "jsonl", "path": "raw/*.jsonl", "lang": "ko", "text": "t"}


def test_listings_and_metrics_follow_the_declared_sources(project: Path) -> None:
    declare(pages=TEXT, posts=JSONL)
    main()
    assert sorted(path.name for path in (project / "data/sources").iterdir()) == ["pages.json", "posts.json"]
    before = (project / "data/sources/pages.json").read_bytes()
    declare(pages=TEXT)
    main()
    assert [path.name for path in (project / "data/sources").iterdir()] == ["pages.json"]
    assert (project / "data/sources/pages.json").read_bytes() == before
    metrics = json.loads((project / "reports/metrics/sources.json").read_text())
    assert metrics.keys() == {"pages"}
    assert (metrics["pages"]["files"], metrics["pages"]["encodings"]) == (1, {"utf-8": 1})


def test_what_is_not_on_this_machine_is_said_to_be_unwatched(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=project / "raw")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        declare(pages={**TEXT, "path": f"{address}/a.txt"})
        main()
        before = (project / "data/sources/pages.json").read_bytes()
        main()
        assert (project / "data/sources/pages.json").read_bytes() == before
        (project / "raw/a.txt").write_text("another")
        main()
        server.shutdown()
    assert (project / "data/sources/pages.json").read_bytes() != before
    told = capsys.readouterr().err
    assert f"warning: sources.pages: {address}/a.txt is not on this machine" in told
    assert "run dvc repro --single-item --force sources" in told


def test_every_source_without_files_is_named(project: Path) -> None:
    declare(pages=TEXT, lost={**TEXT, "path": "raw/*.md"}, gone={**JSONL, "path": "elsewhere/*"})
    with pytest.raises(MalmoiError, match=r"(?s)sources\.gone\.path.*sources\.lost\.path"):
        main()
