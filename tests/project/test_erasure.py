"""Removed text is gone from every artifact, the work folder and DVC's cache; the rest is as if it had never been."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from workspace import Workspace, make_workspace, tree

# One word for each way to remove a text; none of their characters stands elsewhere, so no piece of them may be left.
MARKERS = DOCUMENT, FILE, SOURCE = "쀍쀎뜛뜜", "쁣쁤뗱뗲", "뾁뾂뛟뛠"
PLACES = ("강릉", "남원", "담양", "목포", "밀양", "보성", "상주", "속초", "안동", "여수", "영월", "제천")
SMALL = {
    "sources": {
        key: {"format": "text", "path": f"data/raw/{key}/*.txt", "lang": "ko"} for key in ("letters", "diaries")
    },
    "sample.documents": 200,
    "sample.task_rows": 100,
    "tokenizer.vocabulary_size": 700,
    "audit.plant": "none",
    "evaluate.tasks": {},
}
ARTIFACTS = ("sources", "clean", "dedup", "decontaminate", "names", "scrub", "split", "tokenizer", "shard")


def document(place: str, marker: str = "책") -> str:
    return (
        f"{place} 마을의 도서관은 오래전에 문을 열었다. 주민들은 주말마다 모여 {marker}을 읽고 이야기를 나눈다.\n"
        f"올해 가을에는 {place}의 작은 광장에서 {marker}을 나누는 행사가 열리며 누구나 참여할 수 있다."
    )


def write(workspace: Workspace, files: dict[str, list[str]]) -> None:
    shutil.rmtree(workspace.root / "data/raw", ignore_errors=True)
    for name, documents in files.items():
        path = workspace.root / "data/raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\n".join(documents) + "\n", encoding="utf-8")


def finished(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def holding(folder: Path, marker: str) -> list[str]:
    """Files that hold any character of ``marker``, as UTF-8 or escaped, or have it in their name."""
    forms = [form for character in marker for form in (character.encode(), json.dumps(character).encode())]
    needles = [form.strip(b'"') for form in forms]
    return [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
        and (any(needle in path.read_bytes() for needle in needles) or any(c in str(path) for c in marker))
    ]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Everything built with the three markers; then a document, a file and a source removed, and not built again."""
    made = make_workspace(tmp_path_factory.mktemp("erasure"), SMALL)
    kept = {
        "letters/a.txt": [document(place) for place in PLACES[:6]],
        "letters/b.txt": [document(place) for place in PLACES[6:]],
    }
    removed = {
        "letters/a.txt": [*kept["letters/a.txt"], document("김해", DOCUMENT)],
        f"letters/{FILE}.txt": [document("통영", FILE)],
        "diaries/c.txt": [document("거제", SOURCE), document("진주", SOURCE)],
    }
    write(made, kept | removed)
    finished(made.dvc("repro", "shard"))
    for marker in MARKERS:
        for place in ("data/clean", "data/.work", "data/tokenizer", ".dvc/cache"):
            assert holding(made.root / place, marker), f"{place} never held the {marker}"
    write(made, kept)
    made.set_params({"sources": {"letters": SMALL["sources"]["letters"]}})  # type: ignore[index]
    return made


def test_a_dry_run_lists_and_removes_nothing(workspace: Workspace) -> None:
    before = tree(workspace.root)
    listed = finished(workspace.stage("prune", "--dry-run"))
    for path in (
        "data/clean/diaries",
        "data/scrub/diaries",
        "data/split/diaries",
        "reports/metrics/clean/diaries.json",
    ):
        assert path in listed
    assert "data/clean/letters" not in listed and "data/sample" not in listed
    assert tree(workspace.root).keys() == before.keys()


def test_the_cache_is_not_removed_without_certainty(workspace: Workspace) -> None:
    before = tree(workspace.root / ".dvc/cache")
    done = workspace.stage("prune", "--cache")
    assert done.returncode != 0 and "--yes" in done.stderr and "Traceback" not in done.stderr
    assert tree(workspace.root / ".dvc/cache") == before
    assert workspace.stage("prune", "--yes").returncode == 2


def test_removed_text_is_gone_from_artifacts_and_work(workspace: Workspace) -> None:
    kept = ("data/mine/notes.txt", "data/raw/letters/.c.part", "reports/metrics/clean/diaries.json")
    for name in kept:
        (workspace.root / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace.root / name).write_text("{}", encoding="utf-8")
    assert workspace.run("git", "add", "--force", kept[-1]).returncode == 0
    leftovers = ("data/clean/.diaries.part", "data/shard/.train.arrow.4711", "data/.work/old/map/1")
    for name in leftovers:
        (workspace.root / name).mkdir(parents=True)
        (workspace.root / name / "documents.arrow").write_text(SOURCE, encoding="utf-8")
    assert f"git rm {kept[-1]}" in finished(workspace.stage("prune"))
    assert all((workspace.root / name).is_file() for name in kept)
    (workspace.root / kept[1]).unlink()
    assert "clean@diaries" not in finished(workspace.dvc("repro", "shard"))
    for place in ("data", "reports"):
        assert [holding(workspace.root / place, marker) for marker in MARKERS] == [[], [], []]


def test_what_dvc_brought_back_keeps_no_results_of_what_came_between(workspace: Workspace) -> None:
    path = workspace.root / "data/raw/letters/a.txt"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole + "\n\n" + document("김해", DOCUMENT) + "\n", encoding="utf-8")
    finished(workspace.dvc("repro", "clean@letters"))
    path.write_text(whole, encoding="utf-8")
    assert "Running stage" not in finished(workspace.dvc("repro", "clean@letters"))
    assert holding(workspace.root / "data/.work", DOCUMENT)
    finished(workspace.stage("prune"))
    assert not holding(workspace.root / "data", DOCUMENT)


def test_removed_text_is_gone_from_the_cache_and_the_rest_as_if_it_had_never_been(
    workspace: Workspace, tmp_path: Path
) -> None:
    assert all(holding(workspace.root / ".dvc/cache", marker) for marker in MARKERS)
    finished(workspace.stage("prune", "--cache", "--yes"))
    for place in ("data", "reports", ".dvc/cache", ".dvc/tmp"):
        assert [holding(workspace.root / place, marker) for marker in MARKERS] == [[], [], []]
    assert workspace.dvc("status", "-q", "shard").returncode == 0
    shutil.rmtree(workspace.root / "data/shard")
    finished(workspace.dvc("checkout", "data/shard"))  # what is referred to is still in the cache
    fresh = make_workspace(tmp_path, SMALL | {"sources": {"letters": SMALL["sources"]["letters"]}})  # type: ignore[index]
    shutil.copytree(workspace.root / "data/raw", fresh.root / "data/raw", dirs_exist_ok=True)
    for stage in ARTIFACTS:
        finished(fresh.stage(stage, *(("--source", "letters") if stage == "clean" else ())))
    for stage in ARTIFACTS:
        assert tree(fresh.root / "data" / stage) == tree(workspace.root / "data" / stage), stage


def test_results_that_let_a_killed_run_go_on_are_kept(workspace: Workspace) -> None:
    shutil.rmtree(workspace.root / "data/split")
    before = tree(workspace.root / "data/.work/split")
    assert before and "go on" in finished(workspace.stage("prune"))
    assert tree(workspace.root / "data/.work/split") == before
