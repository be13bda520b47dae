"""A result's name changes with whatever the result depends on, and with nothing else."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.core import fingerprint
from pipelines.core.fingerprint import code_version, digest, direct_imports, import_closure
from pipelines.core.seeds import derive
from pipelines.core.tasks import FileRange, Task

ROOT = Path(fingerprint.__file__).parents[2]


@dataclass(frozen=True)
class Options:
    a: int
    b: dict[str, float]


def test_digests_follow_values_not_order() -> None:
    assert digest(Options(1, {"x": 1.0, "y": 2.0})) == digest(Options(1, {"y": 2.0, "x": 1.0}))
    assert digest(Options(1, {"x": 1.0})) != digest(Options(2, {"x": 1.0}))
    with pytest.raises(TypeError, match="set"):
        digest({1, 2})


def test_a_task_is_what_it_reads_not_where_it_stands() -> None:
    here, there = Task("1", (FileRange("here", "d", 0, 9),)), Task("2", (FileRange("there", "d", 0, 9),))
    assert digest(here.identity()) == digest(there.identity())
    assert digest(here.identity()) != digest(Task("1", (FileRange("here", "d", 0, 8),)).identity())
    assert digest(here.identity()) != digest(Task("1", here.inputs, {"k": 1}).identity())
    assert Task.from_json(here.to_json()) == here


def test_closure_is_followed_through_the_source() -> None:
    closure = import_closure("pipelines.dedup")
    assert {"pipelines.core.verbs", "pipelines.text.minhash", "pipelines.core.kernels"} <= set(closure)
    assert not [name for name in closure if name.startswith("stages")]


def test_imports_are_read_as_python_reads_them() -> None:
    for path in (ROOT / "pipelines").rglob("*.py"):
        parsed: set[str] = set()
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                parsed |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                parsed |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        assert set(direct_imports(name)) == parsed, path


def test_code_version_changes_with_any_module_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "pipelines_of_test"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("from pipelines_of_test import b\n")
    (package / "b.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert import_closure("pipelines_of_test.a", ("pipelines_of_test",)) == (
        "pipelines_of_test",
        "pipelines_of_test.a",
        "pipelines_of_test.b",
    )
    before = code_version("pipelines_of_test.b")
    forget()
    (package / "b.py").write_text("x = 2\n")
    assert code_version("pipelines_of_test.b") != before
    forget()


def forget() -> None:
    """A process reads its own source once; a test that changes source has to start over."""
    for name in ("import_closure", "code_version", "direct_imports", "_source", "_code_digest"):
        getattr(fingerprint, name).cache_clear()


def test_seeds_differ_by_purpose() -> None:
    assert derive(1, "a") == derive(1, "a")
    assert len({derive(1, "a"), derive(2, "a"), derive(1, "b"), derive(1, "a", 0), derive(1, "a0")}) == 5
