"""Whole runs: learning, resuming after a kill, several processes, what is saved."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from train_samples import LONGEST, examples, write_shards, write_tokenizer
from transformers import AutoModelForPreTraining, AutoTokenizer

from pipelines.core.errors import MalmoiError
from stages.train import checkpoint, optimiser
from stages.train.checkpoint import Progress
from stages.train.loop import Paths, Training, pretrain
from stages.train.machine import Machine
from stages.train.options import ModelOptions, TrainOptions
from stages.train.packing import Position

OPTIONS = TrainOptions(
    seed=7,
    steps=6,
    batch_tokens=2048,
    learning_rate=2e-3,
    warmup_fraction=0.2,
    weight_decay=0.01,
    clip_norm=1.0,
    dropout=0.0,
    mask_fraction=0.15,
    whole_word=False,
    log_every=1,
    validate_every=4,
    validate_tokens=3000,
    checkpoint_every=2,
)
CPU = Machine(device=torch.device("cpu"), autocast=None, compiled=False, rank=0, processes=1)
SCRIPT = """
import json, sys
from pathlib import Path
from stages.train.loop import Paths, pretrain
from stages.train.machine import Machine
from stages.train.options import ModelOptions, TrainOptions
root, options = Path(sys.argv[1]), json.loads(sys.argv[2])
paths = Paths(**{name: Path(path) for name, path in json.loads(sys.argv[3]).items()})
pretrain(TrainOptions(**options), ModelOptions(preset="tiny"), 64, paths, Machine.detect())
"""


@dataclass(frozen=True)
class Place:
    """Inputs that runs share, and a folder for each run's results."""

    root: Path

    def paths(self, name: str) -> Paths:
        run = self.root / name
        return Paths(
            shard=self.root / "shard",
            tokenizer=self.root / "tokenizer",
            model=run / "model",
            metrics=run / "train.json",
            train_plot=run / "plots" / "train.csv",
            validation_plot=run / "plots" / "validation.csv",
            work=run / "work",
        )

    def command(self, name: str, options: TrainOptions, *launcher: str) -> list[str]:
        script = self.root / "pretrain.py"
        script.write_text(SCRIPT, encoding="utf-8")
        paths = {key: str(path) for key, path in asdict(self.paths(name)).items()}
        return [sys.executable, *launcher, str(script), str(self.root), json.dumps(asdict(options)), json.dumps(paths)]

    def environment(self, **more: str) -> dict[str, str]:
        here = str(Path(__file__).parents[3])
        fixed = {"PYTHONPATH": here, "OMP_NUM_THREADS": "1", "MALMOI_DEVICE": "cpu", "MALMOI_PRECISION": "float32"}
        return {**os.environ, **fixed, **more}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    root = tmp_path_factory.mktemp("train")
    write_tokenizer(root / "tokenizer")
    train = [examples(120, LONGEST, 1), examples(130, LONGEST, 2)]
    write_shards(root / "shard", {"train": train, "validation": [examples(60, LONGEST, 3)]})
    return Place(root)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def curve(path: Path) -> list[tuple[str, ...]]:
    return [
        tuple(row[name] for name in ("step", "loss", "mlm_loss", "nsp_loss", "learning_rate")) for row in table(path)
    ]


def weights(paths: Paths) -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = load_file(paths.model / "model.safetensors")
    return loaded


@pytest.fixture(scope="module")
def whole(place: Place) -> Paths:
    """A run that nothing interrupts."""
    torch.set_num_threads(1)
    paths = place.paths("whole")
    pretrain(OPTIONS, ModelOptions(preset="tiny"), LONGEST, paths, CPU)
    return paths


def test_saved_model_is_stock(whole: Paths) -> None:
    assert sorted(path.name for path in whole.model.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    model, info = AutoModelForPreTraining.from_pretrained(whole.model, output_loading_info=True)
    assert type(model).__name__ == "BertForPreTraining"
    assert not any(info[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert "packed" not in (whole.model / "config.json").read_text()
    tokenizer = AutoTokenizer.from_pretrained(whole.model)
    assert tokenizer.tokenize("w1 w2p3") == ["w1", "w2", "##p3"]
    assert tokenizer.model_max_length == LONGEST
    assert model(**tokenizer("w1 [MASK] w3", return_tensors="pt")).prediction_logits.shape[-1] == 128


def test_figures_are_complete_and_agree_with_the_saved_model(whole: Paths) -> None:
    metrics = json.loads(whole.metrics.read_text())
    assert metrics["steps"] == 6
    assert 0.9 < metrics["packing_fill"] <= 1
    assert metrics["tokens"] == pytest.approx(6 * 4 * 8 * LONGEST * metrics["packing_fill"])
    assert set(metrics["validation"]) == set(metrics["baseline"])
    assert [row["step"] for row in table(whole.validation_plot)] == ["4", "6"]
    assert float(table(whole.validation_plot)[-1]["mlm_loss"]) == pytest.approx(metrics["validation"]["mlm_loss"])
    assert [row["mfu"] for row in table(whole.train_plot)] == [""] * 6
    card = (whole.model / "README.md").read_text()
    assert f"{metrics['validation']['mlm_loss']:.4f}" in card


def test_work_folder_is_removed_in_the_end(whole: Paths) -> None:
    assert list(whole.work.iterdir()) == []


def test_nothing_is_pickled(place: Place, whole: Paths) -> None:
    files = [path for path in place.root.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".json", ".csv", ".md", ".safetensors", ".arrow", ".py"}


def test_killed_run_goes_on_with_the_same_losses_to_the_same_weights(place: Place) -> None:
    options = replace(OPTIONS, steps=10, dropout=0.1)
    expected, paths = place.paths("whole-dropout"), place.paths("killed")
    pretrain(options, ModelOptions(preset="tiny"), LONGEST, expected, CPU)
    process = subprocess.Popen(
        place.command("killed", options), env=place.environment(), stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 120
    # The log is written after a step and the checkpoint after that: the kill falls between two checkpoints.
    while len([line for log in paths.work.glob("*/train.csv") for line in log.open()]) < 4:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not paths.model.exists()
    subprocess.run(place.command("killed", options), env=place.environment(), stderr=subprocess.DEVNULL, check=True)
    assert curve(paths.train_plot) == curve(expected.train_plot)
    assert table(paths.validation_plot) == table(expected.validation_plot)
    found, wanted = weights(paths), weights(expected)
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[key], wanted[key]) for key in wanted)


def test_two_processes_and_small_micro_batches_learn_the_same(place: Place, whole: Paths) -> None:
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    environment = place.environment(MALMOI_MICRO_BATCH_TOKENS="512")
    subprocess.run(place.command("two", OPTIONS, *launcher), env=environment, capture_output=True, check=True)
    for found, wanted in zip(curve(place.paths("two").train_plot), curve(whole.train_plot), strict=True):
        assert [float(value) for value in found] == pytest.approx([float(value) for value in wanted], abs=1e-4)
    found_metrics, metrics = (json.loads(paths.metrics.read_text()) for paths in (place.paths("two"), whole))
    assert found_metrics["validation"] == pytest.approx(metrics["validation"], abs=1e-4)
    assert found_metrics["baseline"] == pytest.approx(metrics["baseline"], abs=1e-6)


def test_it_learns_words_and_pairs(place: Place) -> None:
    options = replace(OPTIONS, steps=160, batch_tokens=1024, log_every=20, validate_every=1000, checkpoint_every=1000)
    paths = place.paths("learning")
    pretrain(options, ModelOptions(preset="tiny"), LONGEST, paths, CPU)
    metrics: dict[str, Any] = json.loads(paths.metrics.read_text())
    assert metrics["validation"]["mlm_accuracy"] > 4 * metrics["baseline"]["mlm_accuracy"]
    assert metrics["validation"]["nsp_loss"] < metrics["baseline"]["nsp_loss"] - 0.1
    losses = [float(row["loss"]) for row in table(paths.train_plot)]
    assert losses[-1] < losses[0] / 2


def test_shards_without_pairs_train_on_words_alone(tmp_path: Path) -> None:
    place = Place(tmp_path)
    write_tokenizer(tmp_path / "tokenizer")
    parts = {"train": [examples(60, LONGEST, 1, pairs=False)], "validation": [examples(20, LONGEST, 2, pairs=False)]}
    write_shards(tmp_path / "shard", parts)
    pretrain(replace(OPTIONS, whole_word=True), ModelOptions(preset="tiny"), LONGEST, place.paths("words"), CPU)
    metrics = json.loads(place.paths("words").metrics.read_text())
    assert metrics["validation"].keys() == {"mlm_loss", "mlm_accuracy"}
    assert {row["nsp_loss"] for row in table(place.paths("words").train_plot)} == {"0"}


def test_changed_parameters_start_afresh(place: Place, whole: Paths) -> None:
    paths = place.paths("changed")
    with pytest.raises(MalmoiError, match="loss is not a number"):
        pretrain(replace(OPTIONS, learning_rate=1e30), ModelOptions(preset="tiny"), LONGEST, paths, CPU)
    assert len(list(paths.work.iterdir())) == 1
    pretrain(OPTIONS, ModelOptions(preset="tiny"), LONGEST, paths, CPU)
    assert curve(paths.train_plot) == curve(whole.train_plot)


def test_impossible_settings_are_explained(place: Place) -> None:
    with pytest.raises(MalmoiError, match="too few for 9 processes; raise it to 4608 or start fewer"):
        Training.of(OPTIONS, ModelOptions(preset="tiny"), LONGEST, place.paths("many"), replace(CPU, processes=9))
    with pytest.raises(MalmoiError, match=r"shard\.max_length is 32"):
        Training.of(OPTIONS, ModelOptions(preset="tiny"), 32, place.paths("short"), CPU)


def test_learning_rate_rises_and_falls() -> None:
    options = replace(OPTIONS, steps=100, warmup_fraction=0.1, learning_rate=1.0)
    rates = [optimiser.learning_rate(step, options) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * step for step in range(1, 11)])
    assert rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[99] == pytest.approx(1 / 90)
    assert optimiser.learning_rate(0, replace(options, warmup_fraction=0.0)) == 1.0
    assert optimiser.learning_rate(99, replace(options, warmup_fraction=1.0)) == 1.0


def test_checkpoint_that_cannot_be_written_is_explained_and_the_one_before_stays(tmp_path: Path) -> None:
    network, progress = torch.nn.Linear(4, 4), Progress(2, 100, Position(0, 0, 3))
    adam = optimiser.build(network, OPTIONS)
    network(torch.ones(1, 4)).sum().backward()
    adam.step()
    checkpoint.save(tmp_path, progress, network, adam)
    (tmp_path / ".part").write_text("in the way")
    with pytest.raises(MalmoiError, match="checkpoint of step 4 not written"):
        checkpoint.save(tmp_path, replace(progress, step=4), network, adam)
    assert checkpoint.restore(tmp_path, network, adam) == progress
