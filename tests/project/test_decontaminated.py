"""A changed task file runs what depends on it: scrub only where other text goes, as DVC decides it."""

import json
from pathlib import Path

import pytest
from workspace import Workspace, make_workspace, stages_run

ITEM = "배우들의 연기가 끝까지 눈을 뗄 수 없게 했다."
OTHER = "이 문항은 어느 문서에도 들어 있지 않으며 앞으로도 그렇다."
REST = "마을의 도서관은 오래전에 문을 열었고 주민들은 주말마다 모여 책을 읽고 이야기를 나눈다."
TASKS = Path("data/raw/tasks")
TASK = {
    "kind": "classification",
    **{split: str(TASKS / f"{split}.jsonl") for split in ("train", "dev", "test")},
    "text": "text",
    "label": "label",
    "metric": "accuracy",
}
SMALL = {
    "sources": {"letters": {"format": "text", "path": "data/raw/letters/*.txt", "lang": "ko", "documents": "file"}},
    "sample.documents": 200,
    "sample.task_rows": 100,
    "decontaminate.action": "report",
    "audit.plant": "none",
    "evaluate.tasks": {"reviews": TASK},
}


def write_task(workspace: Workspace, split: str, text: str) -> None:
    path = workspace.root / TASKS / f"{split}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"text": text, "label": "1"}, ensure_ascii=False) + "\n", encoding="utf-8")


def repro(workspace: Workspace) -> list[str]:
    done = workspace.dvc("repro", "scrub")
    assert done.returncode == 0, done.stdout + done.stderr
    return stages_run(done)


def figures(workspace: Workspace, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((workspace.root / f"reports/metrics/{name}.json").read_text())
    return found


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Scrubbed, with one document that holds ``ITEM`` in a line of its own and tasks that do not name it."""
    made = make_workspace(tmp_path_factory.mktemp("decontaminated"), SMALL)
    letters = made.root / "data/raw/letters"
    letters.mkdir(parents=True)
    (letters / "a.txt").write_text(f"{REST}\n“{ITEM.replace(' ', '')}”\n{REST[:-4]}면 좋겠다.\n", encoding="utf-8")
    for split in ("train", "dev", "test"):
        write_task(made, split, OTHER)
    assert "scrub" in repro(made)
    return made


def test_scrub_runs_again_only_where_other_text_goes(workspace: Workspace) -> None:
    write_task(workspace, "dev", ITEM)
    assert [name for name in repro(workspace) if name != "sources"] == ["decontaminate"]
    found = figures(workspace, "decontaminate")
    assert found["tasks"]["reviews"]["dev"]["contaminated"] == 1  # type: ignore[index]

    workspace.set_params({"decontaminate.action": "cut"})
    ran = repro(workspace)
    assert ran[-2:] == ["decontaminate", "scrub"] and "dedup" not in ran
    assert figures(workspace, "scrub")["sources"]["letters"]["cut"] == {"contaminated": 1}  # type: ignore[index]

    write_task(workspace, "test", ITEM)  # of a line that goes already
    assert [name for name in repro(workspace) if name != "sources"] == ["decontaminate"]
