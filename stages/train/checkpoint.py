"""Checkpoints from which training goes on exactly where it was: safetensors and JSON, complete or not there at all."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from pipelines.core.errors import MalmoiError
from stages.train.packing import START, Position

_KEPT = 2
_STATE = "state.json"


@dataclass(frozen=True)
class Progress:
    """Steps and real tokens done, and the place in the data; masks and dropout are functions of the step."""

    step: int
    tokens: int
    position: Position


def fingerprint(*parts: object) -> str:
    """Name of a run: a digest of everything that decides what it learns, this package's code included."""
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + hashlib.blake2b(file.read_bytes()).digest())
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else repr(part).encode()
        digest.update(hashlib.blake2b(content).digest())
    return digest.hexdigest()


def save(folder: Path, progress: Progress, model: nn.Module, optimiser: Optimizer) -> None:
    """Write a checkpoint below ``folder`` and remove all but the latest two; raises MalmoiError where it cannot."""
    try:
        _write(folder, progress, model, optimiser)
    except (OSError, SafetensorError) as error:
        raise MalmoiError(
            f"{folder}: checkpoint of step {progress.step} not written ({error}); free some space, or name another "
            "folder in MALMOI_WORK; training then goes on from the checkpoint before"
        ) from error


def _write(folder: Path, progress: Progress, model: nn.Module, optimiser: Optimizer) -> None:
    temporary = folder / ".part"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    parameters = dict(model.named_parameters())
    moments = {
        f"{name}.{kind}": value
        for name, parameter in parameters.items()
        for kind, value in optimiser.state[parameter].items()
    }
    save_file(_on_cpu(parameters), temporary / "model.safetensors")
    save_file(_on_cpu(moments), temporary / "optimiser.safetensors")
    (temporary / _STATE).write_text(json.dumps(asdict(progress), indent=2) + "\n", encoding="utf-8")
    for file in (*temporary.iterdir(), temporary):
        _flush(file)
    temporary.replace(folder / f"step-{progress.step:09d}")
    _flush(folder)
    for old in _complete(folder)[:-_KEPT]:
        shutil.rmtree(old)


def restore(folder: Path, model: nn.Module, optimiser: Optimizer) -> Progress:
    """Fill model and optimiser from the latest checkpoint below ``folder``; without one they stay as they are."""
    if not (found := _complete(folder)):
        return Progress(0, 0, START)
    weights, moments = (load_file(found[-1] / f"{name}.safetensors") for name in ("model", "optimiser"))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights[name])
            optimiser.state[parameter] = {
                kind: moments[f"{name}.{kind}"].to(parameter.device) for kind in ("step", "exp_avg", "exp_avg_sq")
            }
    state = json.loads((found[-1] / _STATE).read_bytes())
    return Progress(state["step"], state["tokens"], Position(*state["position"]))


def _complete(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("step-*") if (path / _STATE).is_file())


def _on_cpu(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
