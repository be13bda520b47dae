"""The naming contract, read off dvc.yaml: one name per concept, and every stage declares the code that it runs."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.core.fingerprint import direct_imports, import_closure
from stages.audit.options import AuditOptions
from stages.params import Params, load_params

ROOT = Path(__file__).parents[2]
GRAPH: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
# What checks and starts a stage decides no byte of its output.
STARTERS = {"stages", "stages.params", "stages.run", "stages.schema"}
PACKAGES = ("pipelines", "stages")
WITH_PARAMETERS = sorted(set(GRAPH) - {"params", "report"})
BEAM_STAGES = ["clean", "dedup", "decontaminate", "names", "scrub", "split", "tokenizer", "shard"]


def body(stage: str) -> dict[str, Any]:
    content: dict[str, Any] = GRAPH[stage].get("do", GRAPH[stage])
    return content


def names(entries: list[Any]) -> list[str]:
    return [next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries]


def module_of(stage: str) -> str:
    return f"stages.{stage}.__main__" if (ROOT / "stages" / stage).is_dir() else f"stages.{stage}"


@pytest.mark.parametrize("stage", GRAPH)
def test_a_stage_is_described_and_run_under_its_own_name(stage: str) -> None:
    assert body(stage)["desc"]
    command = body(stage)["cmd"].split()
    assert command[:3] == ["${python}", "-m", f"stages.{stage}"]
    assert (ROOT / "stages" / f"{stage}.py").is_file() or (ROOT / "stages" / stage / "__main__.py").is_file()


@pytest.mark.parametrize("stage", GRAPH)
def test_outputs_and_metrics_carry_the_name_of_the_stage(stage: str) -> None:
    key = "/${key}" if "foreach" in GRAPH[stage] else ""
    data = [out for out in names(body(stage).get("outs", [])) if out.startswith("data/")]
    expected = {"train": ["data/model"]}.get(stage, [f"data/{stage}{key}"])
    assert data in (expected, [])
    metrics = names(body(stage).get("metrics", []))
    assert metrics in ([f"reports/metrics/{stage}{key}.json"], [])
    assert data or metrics or stage == "report"


@pytest.mark.parametrize("stage", WITH_PARAMETERS)
def test_a_stage_reads_the_section_of_its_name(stage: str) -> None:
    sections = {entry.split(".")[0] for entry in body(stage)["params"]}
    assert stage in sections
    assert sections <= set(Params.__dataclass_fields__)


def test_the_audit_depends_on_all_of_its_section_but_the_sweep() -> None:
    fields = {f"audit.{name}" for name in AuditOptions.__dataclass_fields__}
    assert set(body("audit")["params"]) == fields - {"audit.sweep"}


def test_every_section_is_read_by_a_stage() -> None:
    read = {entry.split(".")[0] for stage in GRAPH for entry in body(stage).get("params", [])}
    assert read == set(Params.__dataclass_fields__)
    assert load_params(ROOT / "params.yaml")


@pytest.mark.parametrize("stage", BEAM_STAGES)
def test_a_data_stage_has_its_function_in_pipelines_and_is_short(stage: str) -> None:
    module = {"names": "public_names"}.get(stage, stage)  # pipelines.privacy.names is the package that finds them
    assert f"pipelines.{module}" in direct_imports(module_of(stage))
    assert (ROOT / "tests" / "pipelines" / f"test_{module}.py").is_file()
    assert len((ROOT / "stages" / f"{stage}.py").read_text(encoding="utf-8").splitlines()) <= 60


@pytest.mark.parametrize("stage", GRAPH)
def test_the_code_of_a_stage_is_among_its_dependencies(stage: str) -> None:
    declared = [ROOT / entry for entry in names(body(stage)["deps"])]
    run = {name for name in direct_imports(module_of(stage)) if name.split(".")[0] in PACKAGES} - STARTERS
    modules = {name for start in run for name in import_closure(start, PACKAGES)} | {module_of(stage)}
    if stage != "params":  # options are declarations; their values are among the params
        modules = {name for name in modules if not name.endswith(".options")}
    missing = [name for name in sorted(modules - STARTERS) if not _declared(name, declared)]
    assert not missing, f"{stage} runs {missing}, which dvc.yaml does not list among its deps"


def _declared(module: str, declared: list[Path]) -> bool:
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if file.read_text(encoding="utf-8").count("\n") <= 1:
        return True  # a package's docstring
    return any(file == entry or entry in file.parents for entry in declared)


def test_pipelines_knows_nothing_of_stages_and_of_no_path() -> None:
    for path in (ROOT / "pipelines").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        assert not [name for name in direct_imports(module) if name.split(".")[0] == "stages"], path
        text = path.read_text(encoding="utf-8")
        assert 'params.yaml"' not in text and '"data/' not in text, path


@pytest.mark.parametrize("package", ["train", "evaluate", "audit"])
def test_gpu_stages_start_without_what_a_gpu_machine_lacks(package: str) -> None:
    heavy = ["apache_beam", "dvc", "datasets", "numba", "orjson", "zstandard", "jinja2"]
    code = f"import sys, stages.{package}.__main__; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
