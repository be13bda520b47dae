"""``python -m stages.preview`` before anything is built: it tells what the build then finds, and changes nothing."""

import json
import shutil
from typing import Any

import pytest
import yaml
from workspace import ROOT, Workspace, make_workspace, tree

from pipelines.text.quality import profile_path

DATA_HALF = (
    *("params", "sample", "sources", "clean", "dedup", "decontaminate"),
    *("names", "scrub", "split", "tokenizer", "shard"),
)
BUNDLED = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["sources"]["comments"]
OWN = {"format": "jsonl", "path": "data/raw/own/*.jsonl", "lang": "ko", "text": "body", "id": "id"}
SMALL = {
    "sources": {"own": OWN, "comments": BUNDLED},
    "sample.documents": 300,
    "sample.task_rows": 100,
    "clean.profiles": {"ko": "data/raw/profile.json", "en": "en"},
    "tokenizer.vocabulary_size": 2000,
    "train.steps": 100,
}
DOCUMENTS = 30_000


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Some ten megabytes of a source whose every tenth record cannot be read."""
    made = make_workspace(tmp_path_factory.mktemp("preview"), SMALL)
    path = made.root / "data/raw/own/posts.jsonl"
    path.parent.mkdir(parents=True)
    shutil.copyfile(profile_path("ko"), made.root / "data/raw/profile.json")
    sentence = "{} 마을의 {}번 도서관은 오래전에 문을 열었고, 주민들은 주말마다 모여 책 {}권을 읽고 이야기를 나눈다. "
    with path.open("w", encoding="utf-8") as file:
        for number in range(DOCUMENTS):
            body = "".join(sentence.format(number * k % 977, k, number) for k in range(1, 4))
            record: dict[str, Any] = {"id": number, "body": body} if number % 10 else {"id": number, "text": body}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return made


def error(workspace: Workspace, *arguments: str) -> str:
    done = workspace.stage("preview", *arguments)
    assert done.returncode != 0 and "Traceback" not in done.stderr
    return done.stderr


def test_mistakes_are_told_before_anything_is_measured(workspace: Workspace) -> None:
    assert "a share above 0, up to 1" in error(workspace, "--share", "2")
    written = (workspace.root / "params.yaml").read_bytes()
    workspace.set_params({"shard.objective": "nps", "train.steps": 0})
    assert "2 mistakes; nothing was run" in error(workspace)
    (workspace.root / "params.yaml").write_bytes(written)
    workspace.set_params({"sources": {"own": OWN | {"path": "data/raw/owm/*"}}})
    assert "sources.own.path: no file matches data/raw/owm/*" in error(workspace)
    (workspace.root / "params.yaml").write_bytes(written)


def test_it_tells_what_the_build_finds_and_changes_nothing(workspace: Workspace) -> None:
    before = tree(workspace.root)
    done = workspace.stage("preview", "--json")
    assert done.returncode == 0, done.stderr
    assert {name: each for name, each in tree(workspace.root).items() if "__pycache__" not in name} == before
    told = json.loads(done.stdout)

    assert tuple(dict.fromkeys(line["stage"] for line in told["stages"])) == DATA_HALF
    for line in told["stages"]:
        for name in ("wall", "processor", "memory"):
            assert 0 < line[name]["value"] < {"memory": 4e9}.get(name, 300), line
    assert any("own: 10" in note and "error_budget" in note for note in told["notes"])
    training = told["training"]
    assert training["seconds"] > 100 * training["step"] > 0 and training["model_bytes"] > 1e6

    assert workspace.stage("sample").returncode == 0 and workspace.stage("sources").returncode == 0
    for key in SMALL["sources"]:  # type: ignore[attr-defined]
        workspace.stage("clean", "--source", key)  # fails for the records that cannot be read, once all is written
        counts = json.loads((workspace.root / f"reports/metrics/clean/{key}.json").read_bytes())
        size = sum(path.stat().st_size for path in (workspace.root / "data/clean" / key).rglob("*") if path.is_file())
        line = next(each for each in told["stages"] if (each["stage"], each["source"]) == ("clean", key))
        assert told["sources"][key]["documents"]["value"] == pytest.approx(counts["documents"], rel=0.02)
        assert told["sources"][key]["kept"]["value"] == pytest.approx(counts["kept"], rel=0.02)
        assert line["data"]["value"] == pytest.approx(size, rel=0.05)
