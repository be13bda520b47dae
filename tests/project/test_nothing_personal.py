"""Values planted in raw text, of every kind, stand in no log, report, ledger or error, and in nothing behind scrub.

Their digits and letters stand together in no other text of the test, so a value that is found anywhere has leaked.
"""

import json
import random
import re
from itertools import pairwise
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from workspace import Workspace, make_workspace

from pipelines.core.arrow import list_buffers, read_batches
from pipelines.privacy.disguises import Planted, plant
from pipelines.privacy.known import KINDS

SMALL = {
    "sources": {
        "letters": {"format": "text", "path": "data/raw/letters/*.txt", "lang": "ko"},
        "mails": {"format": "jsonl", "path": "data/raw/mails/*.jsonl", "text": "body", "id": "number", "lang": "en"},
    },
    "sample.documents": 200,
    "sample.task_rows": 100,
    "clean.error_budget": 0.5,
    "tokenizer.vocabulary_size": 900,
    "audit.plant": "none",
    "recall.values": 1,
    "evaluate.tasks": {},
}
PER_KIND, SHORTEST = 3, 6
FIRST_BUILT_OF_SCRUBBED = ("scrub", "split", "tokenizer", "shard")
KOREAN = (
    "마을의 도서관은 오래전에 문을 열었다. 주민들은 주말마다 모여 책을 읽고 이야기를 나눈다.\n"
    "올해 가을에는 작은 광장에서 책을 나누는 행사가 열리며 누구나 참여할 수 있다."
)
ENGLISH = (
    "The library of the town was opened a long time ago, and people meet there to read and to talk with each other.\n"
    "In the autumn there will be a market of old books on the square, and everybody can take part in it."
)
_NEEDLE = re.compile(r"[0-9A-Za-z][0-9A-Za-z@._/:+-]{5,}")


def needle(planted: Planted) -> str:
    """The longest part of a value that stands in no other text: digits, with what joins them; or all of it."""
    value = planted.text[planted.start : planted.end]
    return max((part for part in _NEEDLE.findall(value) if re.search("[0-9@]", part)), key=len, default=value)


def numbered(text: str, number: int) -> str:
    """The text with its words in another order, so that it is no copy of others."""
    words = text.split(" ")
    random.Random(number).shuffle(words)
    return " ".join(words)


@pytest.fixture(scope="module")
def planted() -> list[Planted]:
    """Values of every kind, but for those with too few digits to be told from other text."""
    return [each for each in plant(7, KINDS, ["plain"], PER_KIND) if len(needle(each)) >= SHORTEST]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, planted: list[Planted]) -> tuple[Workspace, str]:
    """A workspace whose data half was built, after a build that failed; and all that was said."""
    workspace = make_workspace(tmp_path_factory.mktemp("personal"), SMALL)
    letters, mails = workspace.root / "data/raw/letters", workspace.root / "data/raw/mails"
    letters.mkdir(parents=True)
    mails.mkdir(parents=True)
    korean = [each.text for each in planted if each.language == "ko"]
    english = [each.text for each in planted if each.language == "en"]
    documents = [f"{numbered(KOREAN, n)}\n{text}" for n, text in enumerate(korean)]
    (letters / "a.txt").write_text("\n\n".join([*documents, *korean]) + "\n", encoding="utf-8")
    (letters / "b.txt").write_bytes("\n".join(korean).encode("utf-8") + b"\xff\xfe\xfa\n\n\xff\xfe" * 3)
    records = [
        json.dumps({"number": n, "body": f"{numbered(ENGLISH, n)}\n{text}", "note": text})
        for n, text in enumerate([*english, *korean])
    ]
    broken = [f'{{"number": {n}, "body": "{text}' for n, text in enumerate(english)]
    broken += [json.dumps({"number": -1, "body": [[text]]}) for text in english]
    (mails / "a.jsonl").write_text("\n".join([*records, *broken]) + "\n", encoding="utf-8")
    said = []
    workspace.set_params({"clean.error_budget": 0.0})
    failed = workspace.dvc("repro", "shard")
    assert failed.returncode != 0 and "error_budget" in failed.stdout + failed.stderr
    workspace.set_params({"clean.error_budget": 0.9})
    done = workspace.dvc("repro", "shard", "recall")
    assert done.returncode == 0, done.stdout + done.stderr
    said += [failed, done, workspace.stage("duplicates")]
    said += [workspace.stage("profile", "show", "--language", language, "--near", "20") for language in ("ko", "en")]
    return workspace, "".join(each.stdout + each.stderr for each in said)


def leaked(text: str, planted: list[Planted]) -> list[tuple[str, int]]:
    """Kind and number of each value that ``text`` holds; never the value."""
    return [(each.kind, index) for index, each in enumerate(planted) if needle(each) in text]


def test_the_values_were_there(built: tuple[Workspace, str], planted: list[Planted]) -> None:
    raw = "".join(
        path.read_bytes().decode("utf-8", "replace")
        for path in (built[0].root / "data/raw").rglob("*.*")
        if path.is_file()
    )
    assert len(leaked(raw, planted)) == len(planted) > 2 * len(KINDS)
    kept = texts_of(built[0].root / "data/clean")
    assert len(leaked(kept, planted)) > len(planted) // 2


def test_nothing_that_is_said_or_reported_holds_a_value(built: tuple[Workspace, str], planted: list[Planted]) -> None:
    workspace, said = built
    assert leaked(said, planted) == []
    for name in ("reports", "data/params", "data/sources", "data/dedup", "data/decontaminate", "data/names"):
        for path in (workspace.root / name).rglob("*"):
            if path.is_file():
                assert leaked(path.read_bytes().decode("utf-8", "replace"), planted) == [], path.name
    for name in ("dvc.lock", "data/sources/mails.json"):
        assert leaked((workspace.root / name).read_text(encoding="utf-8"), planted) == []
    for path in (workspace.root / "data/clean").glob("*/*/*"):
        if path.parent.name != "documents":
            assert leaked(path.read_bytes().decode("utf-8", "replace"), planted) == [], path.parent.name


def test_nothing_behind_scrub_holds_a_value(built: tuple[Workspace, str], planted: list[Planted]) -> None:
    data = built[0].root / "data"
    for name in FIRST_BUILT_OF_SCRUBBED:
        for path in (data / name).rglob("*"):
            if path.is_file():
                assert leaked(path.read_bytes().decode("utf-8", "replace"), planted) == [], path.name
    tokenizer = Tokenizer.from_file(str(data / "tokenizer/tokenizer.json"))
    decoded = []
    for path in sorted((data / "shard").glob("*/*.arrow")):
        for batch in read_batches(path):
            offsets, values = list_buffers(batch["input_ids"])
            ids = values.to_numpy()
            decoded += [tokenizer.decode(ids[a:b].tolist(), False) for a, b in pairwise(offsets)]
    assert decoded
    squeezed = re.sub(r"\s+", "", "\n".join(decoded).replace("##", ""))
    assert [kind for kind, _ in leaked(squeezed, planted)] == []


def texts_of(folder: Path) -> str:
    """The texts of all documents of a stage."""
    paths = sorted(folder.glob("*/documents/*.arrow"))
    return "\n".join(text for path in paths for batch in read_batches(path) for text in batch["text"].to_pylist())


def test_a_stage_that_fails_shows_no_value(built: tuple[Workspace, str], planted: list[Planted]) -> None:
    workspace, _ = built
    path = next((workspace.root / "data/clean/letters/documents").glob("*.arrow"))
    content = path.read_bytes()
    path.unlink()  # its other names keep their content
    path.write_bytes(content[: len(content) // 2])
    done = workspace.stage("scrub")
    assert done.returncode != 0 and leaked(done.stdout + done.stderr, planted) == []
