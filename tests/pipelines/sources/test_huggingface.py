"""Data sets as the hub and `datasets` lay them out: which files are read, and what is told where that is not clear."""

import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import HfFileSystem
from servers import Faulty, hub, served

from pipelines.core.errors import MalmoiError
from pipelines.sources import storage
from pipelines.sources.formats import arrow, huggingface
from pipelines.sources.listing import check_unchanged, list_files
from pipelines.sources.options import ReadLimits, SourceOptions, check
from pipelines.sources.planning import plan
from pipelines.sources.reading import read_documents

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def source(path: Path | str, **options: Any) -> SourceOptions:
    return SourceOptions(**{"format": "huggingface", "path": str(path), "lang": "ko", "text": "t", **options})


def read(options: SourceOptions) -> list[dict[str, Any]]:
    limits = ReadLimits(max_document_bytes=1_000_000)
    tasks = plan(list_files("set", options))
    return [
        row for task in tasks for batch in read_documents(task, options, "set", limits) for row in batch.to_pylist()
    ]


def texts(options: SourceOptions) -> list[str]:
    return [row["text"] for row in read(options)]


def names(options: SourceOptions) -> list[str]:
    return [path.removeprefix(f"{options.path}/") for path in huggingface.files(options)]


def lay(folder: Path, *files: str) -> None:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"t": [name]}), folder / name)


@pytest.mark.filterwarnings("ignore")
def test_a_saved_data_set(tmp_path: Path) -> None:
    rows = [f"문서 {number}" for number in range(2500)]
    datasets.Dataset.from_dict({"t": rows, "n": list(range(2500))}).save_to_disk(tmp_path / "one", num_shards=2)
    found = read(source(tmp_path / "one", id="n"))
    assert [row["text"] for row in found] == rows
    assert [row["id"] for row in found] == [f"set:{number}" for number in range(2500)]
    both = {"train": datasets.Dataset.from_dict({"t": ["가"]}), "test": datasets.Dataset.from_dict({"t": ["나"]})}
    datasets.DatasetDict(both).save_to_disk(tmp_path / "two")
    assert texts(source(tmp_path / "two", split="test")) == ["나"]
    with pytest.raises(MalmoiError, match=r"sources\.set\.split: missing; one of test, train"):
        list_files("set", source(tmp_path / "two"))


def test_parts_of_arrow_files(tmp_path: Path) -> None:
    batches = [pa.record_batch({"t": [f"{batch} {row}" for row in range(5)]}) for batch in range(4)]
    for name, new in (("stream", pa.ipc.new_stream), ("file", pa.ipc.new_file)):
        with pa.OSFile(str(tmp_path / name), "wb") as sink, new(sink, batches[0].schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        assert len(arrow.parts(str(tmp_path / name), "none")) == 4
        assert texts(source(tmp_path / name, format="arrow")) == [
            text for batch in batches for text in batch["t"].to_pylist()
        ]
    content = (tmp_path / "stream").read_bytes()
    (tmp_path / "cut").write_bytes(content[: len(content) // 2])
    (tmp_path / "none").write_bytes(b"no arrow at all")
    assert [row["error"] for row in read(source(tmp_path / "cut", format="arrow"))][-1] == "invalid_arrow"
    assert [row["error"] for row in read(source(tmp_path / "none", format="arrow"))] == ["invalid_arrow"]


def test_files_by_the_words_in_their_names(tmp_path: Path) -> None:
    lay(tmp_path, "data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet", "data/test-0.parquet")
    lay(tmp_path, ".cache/train.parquet", "detrained/x-dev.parquet")
    assert names(source(tmp_path, split="train")) == [f"data/train-0000{n}-of-00002.parquet" for n in (0, 1)]
    assert names(source(tmp_path, split="test")) == ["data/test-0.parquet"]
    assert names(source(tmp_path, split="validation")) == ["detrained/x-dev.parquet"]
    with pytest.raises(MalmoiError, match=r"^split: 'dev'; one of test, train, validation"):
        names(source(tmp_path, split="dev"))


def test_without_such_words_everything_is_for_training(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"t": "가"}))
    (tmp_path / "b.jsonl.csv").write_text("t\n가")
    assert texts(source(tmp_path)) == ["가"]
    lay(tmp_path, "a.parquet")  # one data set in two kinds of file
    assert texts(source(tmp_path)) == ["a.parquet"]


def test_folders_of_configurations(tmp_path: Path) -> None:
    lay(tmp_path, "ko/train/0000.parquet", "ko/test/0000.parquet", "en/train/0000.parquet")
    assert texts(source(tmp_path, config="ko", split="train")) == ["ko/train/0000.parquet"]
    assert texts(source(tmp_path, config="en")) == ["en/train/0000.parquet"]
    with pytest.raises(MalmoiError, match=r"^config: 'fr'; no folder"):
        names(source(tmp_path, config="fr"))


def test_what_the_card_says_goes_before_names(tmp_path: Path) -> None:
    lay(tmp_path, "ko/a.parquet", "ko/b/test.parquet", "en/c.parquet", "en/d.parquet")
    card = """---
configs:
- config_name: korean
  data_files:
  - {split: train, path: [ko/a.parquet, "ko/**/t*.parquet"]}
  - {split: extra, path: "en/*"}
- {config_name: english, data_dir: en, data_files: "*.parquet"}
---
# A data set
"""
    (tmp_path / "README.md").write_text(card)
    assert names(source(tmp_path, config="korean", split="train")) == ["ko/a.parquet", "ko/b/test.parquet"]
    assert names(source(tmp_path, config="korean", split="extra")) == ["en/c.parquet", "en/d.parquet"]
    assert names(source(tmp_path, config="english")) == ["en/c.parquet", "en/d.parquet"]
    with pytest.raises(MalmoiError, match=r"^config: missing; one of english, korean"):
        names(source(tmp_path))
    (tmp_path / "README.md").write_text("---\nconfigs: [{config_name: all, data_dir: ko}]\n---\n")
    assert names(source(tmp_path)) == ["ko/a.parquet", "ko/b/test.parquet"]
    for wrong in ("configs: [", "configs: [3]", "configs: [{data_files: x}]", "configs: 3"):
        (tmp_path / "README.md").write_text(f"---\n{wrong}\n---\n")
        with pytest.raises(MalmoiError, match=r"^path: the front matter of .*README\.md .* mend it"):
            names(source(tmp_path))


def test_a_data_set_of_the_hub_at_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, "data/train-0.parquet", "data/train-1.parquet", "data/test-0.parquet")
    application = Faulty(hub(tmp_path, COMMIT))
    with served(application) as address:
        system = HfFileSystem(endpoint=address, token=False, skip_instance_cache=True)
        monkeypatch.setattr(storage, "_file_system", lambda scheme: system)
        options = source("hf://datasets/owner/name", split="train", revision=COMMIT)
        assert check("set", options) == []
        listing = list_files("set", options)
        rows = read(options)
        check_unchanged(listing)
        with pytest.raises(MalmoiError, match=r"sources\.set\.path: hf://datasets/owner/name@f+/\*\*: "):
            list_files("set", source("hf://datasets/owner/name", revision="f" * 40))
    assert [file.path for file in listing.files] == [
        f"hf://datasets/owner/name@{COMMIT}/data/train-{number}.parquet" for number in (0, 1)
    ]
    assert all(file.parts and file.digest for file in listing.files)
    assert [row["text"] for row in rows] == ["data/train-0.parquet", "data/train-1.parquet"]
    assert [row["id"] for row in rows] == [f"set:name/data/train-{number}.parquet#0" for number in (0, 1)]


def test_folders_that_hold_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(MalmoiError, match=r"sources\.set\.path: no file below"):
        list_files("set", source(tmp_path / "absent"))
    (tmp_path / "a.csv").write_text("t\n가")
    with pytest.raises(MalmoiError, match=r"no such file in parquet, arrow or jsonl; convert it"):
        names(source(tmp_path))
    (tmp_path / "state.json").write_text('{"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}')
    with pytest.raises(MalmoiError, match=r"lacks data-00000-of-00001\.arrow, which it names"):
        names(source(tmp_path))
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(MalmoiError, match=r"state\.json is missing or damaged"):
        names(source(tmp_path))


def test_a_commit_is_asked_for() -> None:
    def errors(path: str, **options: Any) -> list[str]:
        return check("set", source(path, **options))

    assert errors("hf://datasets/owner/name", revision=COMMIT, split="train", config="ko") == []
    for revision in (None, "main", "v1.0", COMMIT[:7]):
        (error,) = errors("hf://datasets/owner/name", revision=revision)
        assert error.startswith(
            f"sources.set.revision: {'missing' if revision is None else repr(revision)}; give the commit"
        )
        assert "dataset_info('owner/name').sha" in error
    assert errors("data/raw/set") == []
    (error,) = errors("data/raw/set", revision=COMMIT)
    assert error.endswith("a folder has none, remove the line")
    (error,) = errors("hf://datasets/owner/name@main/data/*.parquet", revision=COMMIT)
    assert "give hf://datasets/OWNER/NAME" in error
    (error,) = check("set", source("a", format="parquet", revision=COMMIT))
    assert error.endswith("a parquet source takes none, remove the line")
