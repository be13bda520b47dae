"""``dvc repro`` as a user runs it: the same bytes on any machine, nothing twice, nothing stale, mistakes first."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml
from transformers import AutoModelForPreTraining, AutoTokenizer
from workspace import ROOT, Workspace, make_workspace, stages_run, tree

from pipelines.core.arrow import read_batches, string_buffers
from pipelines.core.kernels import hash_strings

SAMPLE = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["sources"]
OWN = {"format": "text", "path": "data/raw/own/*.txt", "lang": "auto"}
SMALL = {
    "sources": {"news": SAMPLE["news"], "own": OWN},
    "sample.documents": 300,
    "sample.task_rows": 100,
    "clean.error_budget": 0.2,
    "tokenizer.vocabulary_size": 2000,
    "train.steps": 6,
    "train.validate_every": 3,
    "train.checkpoint_every": 3,
    "train.log_every": 1,
    "audit.repeats": [1, 2],
    "audit.per_repeat": 2,
    "audit.controls": 4,
    "audit.references": 15,
    "evaluate.seeds": [1],
    "evaluate.epochs": 1,
    "gate.bars": {},
}
DATA_HALF = [
    *("params", "sample", "sources", "clean", "dedup", "decontaminate"),
    *("names", "scrub", "split", "tokenizer", "shard"),
]
MODEL_HALF = ["train", "audit", "evaluate", "report", "gate"]
PLAIN = {"MALMOI_WORKERS": "1"}
THREADS = {"MALMOI_WORKERS": "2"}
IN_MEMORY = {"MALMOI_WORKERS": "1", "MALMOI_BEAM_MODE": "in_memory"}
PROCESSES = {"MALMOI_WORKERS": "2", "MALMOI_BEAM_MODE": "multi_processing"}


def repro(workspace: Workspace, *arguments: str, **environment: str) -> list[str]:
    """Names of the stages that ran."""
    done = workspace.dvc("repro", *arguments, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return stages_run(done)


def kinds(ran: list[str]) -> list[str]:
    return list(dict.fromkeys(name.split("@")[0] for name in ran))


def build(folder: Path, **environment: str) -> Workspace:
    """The data half, over a source of the sample and one of the user's, a copy of other files of the sample."""
    made = make_workspace(folder, SMALL)
    assert repro(made, "sample") == ["params", "sample"]
    shutil.copytree(made.root / "data/sample/raw/encyclopaedia", made.root / "data/raw/own")
    assert kinds(repro(made, "shard", **environment)) == DATA_HALF[2:]
    return made


def built(workspace: Workspace) -> dict[str, dict[str, str]]:
    return {name: tree(workspace.root / "data" / name) for name in ("tokenizer", "shard")}


def document_hashes(workspace: Workspace) -> set[int]:
    """Hashes of the documents that the shards were made of."""
    paths = (workspace.root / "data/shard").rglob("*.arrow")
    batches = [batch for path in paths for batch in read_batches(path)]
    return {value for batch in batches for name in ("document_a", "document_b") for value in batch[name].to_pylist()}


def hashes_of(workspace: Workspace, source: str) -> set[int]:
    """Hashes of the documents of one source."""
    paths = (workspace.root / "data/split" / source / "documents").iterdir()
    ids = [name for path in paths for batch in read_batches(path) for name in batch["id"].to_pylist()]
    found = np.zeros(len(ids), np.uint64)
    hash_strings(*string_buffers(pa.array(ids, pa.string())), 0, found)
    return set(found.tolist())


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return build(tmp_path_factory.mktemp("repro"), **IN_MEMORY)


def test_any_number_of_workers_builds_the_same_bytes(workspace: Workspace, tmp_path: Path) -> None:
    expected = built(workspace)
    assert built(build(tmp_path, **PROCESSES)) == expected
    for name, machine in (("plain", PLAIN), ("threads", THREADS)):
        for stage in ("dedup", "tokenizer", "shard"):
            assert workspace.stage(stage, MALMOI_WORK=f"data/.work/{name}", **machine).returncode == 0
        assert built(workspace) == expected


def test_a_second_run_runs_nothing(workspace: Workspace) -> None:
    for path in (workspace.root / "data/raw/own").iterdir():
        path.touch()
    assert repro(workspace, "shard") == []
    assert workspace.dvc("status", "-q", "shard").returncode == 0


def test_mistakes_are_listed_before_anything_runs(workspace: Workspace) -> None:
    params = (workspace.root / "params.yaml").read_bytes()
    workspace.set_params(
        {"dedup.bands": "many", "shard.objective": "nps", "model": {"prest": "tiny"}, "train.steps": 0}
    )
    done = workspace.dvc("repro")
    assert done.returncode != 0 and stages_run(done) == ["params"]
    for mistake in (
        "5 mistakes; nothing was run",
        "dedup.bands: given 'many'; give a whole number",
        "shard.objective: given 'nps'; one of nsp, sop, plain",
        "model.prest: unknown key; did you mean preset?",
        "train.steps: given 0; give 1 or more",
    ):
        assert mistake in done.stderr
    assert "Traceback" not in done.stderr
    (workspace.root / "params.yaml").write_bytes(params)
    assert repro(workspace, "shard") == []


def test_a_changed_file_runs_what_depends_on_it_and_no_more(workspace: Workspace) -> None:
    before = built(workspace)
    path = workspace.root / "data/raw/own/english-1.txt"
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"\n\n", len(whole) // 2)])
    ran = repro(workspace, "shard")
    assert kinds(ran) == DATA_HALF[2:]
    assert "clean@own" in ran and "clean@news" not in ran
    assert built(workspace) != before
    path.write_bytes(whole)
    assert repro(workspace, "shard") == []  # restored from the cache of DVC
    assert built(workspace) == before


def test_a_removed_source_is_gone(workspace: Workspace) -> None:
    own, news = hashes_of(workspace, "own"), hashes_of(workspace, "news")
    assert own & document_hashes(workspace) and news & document_hashes(workspace)
    workspace.set_params({"sources": {"news": SAMPLE["news"]}})
    assert "clean@news" not in repro(workspace, "shard")
    assert document_hashes(workspace) <= hashes_of(workspace, "news")
    assert not own & document_hashes(workspace)
    listed = json.loads((workspace.root / "reports/metrics/sources.json").read_text())
    assert listed.keys() == {"news"} and not (workspace.root / "data/sources/own.json").exists()


@pytest.fixture(scope="module")
def whole(workspace: Workspace) -> Workspace:
    """Everything built."""
    assert kinds([name for name in repro(workspace) if name.split("@")[0] in MODEL_HALF]) == MODEL_HALF
    return workspace


def without_network(workspace: Workspace, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A ``dvc`` command in a network of its own, with nothing in it, where the system lets us make one."""
    prefix = ["unshare", "--map-root-user", "--net"]
    tried = subprocess.run([*prefix, "true"], check=False, capture_output=True) if shutil.which(prefix[0]) else None
    allowed = tried is not None and tried.returncode == 0
    done = workspace.run(*(prefix if allowed else []), sys.executable, "-m", "dvc", *arguments)
    assert done.returncode == 0, done.stderr
    return done


def test_the_whole_graph_leaves_model_metrics_and_report(whole: Workspace) -> None:
    model = AutoModelForPreTraining.from_pretrained(whole.root / "data/model", local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(whole.root / "data/model", local_files_only=True)
    tokens = tokenizer("안녕하세요. Hello.", return_tensors="pt")
    assert model(**tokens).prediction_logits.shape[-1] >= len(tokenizer) == 2000
    assert not [path for path in (whole.root / "data/model").iterdir() if path.suffix in (".bin", ".pt", ".pkl")]
    page = (whole.root / "reports/index.html").read_text(encoding="utf-8")
    assert "</html>" in page and 'src="http' not in page and 'href="http' not in page
    scores = json.loads((whole.root / "reports/metrics/evaluate/sentiment.json").read_text())
    assert scores


def test_the_whole_graph_runs_once(whole: Workspace) -> None:
    assert repro(whole) == []
    assert whole.dvc("status", "-q").returncode == 0


def test_metrics_and_plots_show_offline(whole: Workspace) -> None:
    shown = without_network(whole, "metrics", "show").stdout
    assert "reports/metrics/train.json" in shown and "reports/metrics/evaluate/sentiment.json" in shown
    page = Path(without_network(whole, "plots", "show").stdout.strip().splitlines()[-1].removeprefix("file://"))
    html = page.read_text(encoding="utf-8")
    drawn = yaml.safe_load((whole.root / "dvc.yaml").read_text(encoding="utf-8"))["plots"]
    assert html.count("vegaEmbed('#") == len(drawn) and all(next(iter(plot)) in html for plot in drawn)
    assert "<script src" not in html and "<link" not in html
