"""Parameters: every mistake is told at once, by key path, with what was given and what is allowed."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from pipelines.core.options import Pattern, Range
from stages.schema import build, json_schema


@dataclass(frozen=True, kw_only=True)
class Inner:
    mode: Literal["fast", "slow"]
    share: Annotated[float, Range(0.0, 1.0)]


@dataclass(frozen=True, kw_only=True)
class Outer:
    count: Annotated[int, Range(1)]
    name: Annotated[str, Pattern("[a-z]+", "lower-case letters")]
    inner: Inner
    more: dict[str, Inner]
    steps: tuple[int, ...]
    on: bool
    note: str | None = None


GOOD: dict[str, Any] = {
    "count": 3,
    "name": "abc",
    "inner": {"mode": "fast", "share": 1},
    "more": {"x": {"mode": "slow", "share": 0.5}},
    "steps": [1, 2],
    "on": True,
}


def errors_of(content: object) -> list[str]:
    errors: list[str] = []
    build(Outer, content, "", errors)
    return errors


def test_good_values_become_typed_options() -> None:
    errors: list[str] = []
    built = build(Outer, GOOD, "", errors)
    assert not errors
    assert built == Outer(
        count=3,
        name="abc",
        inner=Inner(mode="fast", share=1.0),
        more={"x": Inner(mode="slow", share=0.5)},
        steps=(1, 2),
        on=True,
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"count": 0}, ["count", "0", "1 or more"]),
        ({"count": "3"}, ["count", "'3'", "whole number"]),
        ({"count": True}, ["count", "True", "whole number"]),
        ({"count": None}, ["count", "nothing", "whole number"]),
        ({"name": "ABC"}, ["name", "'ABC'", "lower-case letters"]),
        ({"cuont": 3}, ["cuont", "did you mean count"]),
        ({"inner": {"mode": "quick", "share": 0.5}}, ["inner.mode", "'quick'", "fast, slow"]),
        ({"inner": {"mode": "fast", "share": 1.5}}, ["inner.share", "1.5", "0.0 to 1.0"]),
        ({"inner": {"mode": "fast", "share": float("nan")}}, ["inner.share", "finite"]),
        ({"inner": {"mode": "fast"}}, ["inner.share", "missing"]),
        ({"inner": 5}, ["inner", "5", "mode, share"]),
        ({"more": {"x": {"mode": "slow", "share": 2}}}, ["more.x.share", "2"]),
        ({"steps": [1, "b"]}, ["steps[1]", "'b'", "whole number"]),
        ({"steps": 4}, ["steps", "4", "list"]),
        ({"on": "yes"}, ["on", "'yes'", "true or false"]),
        ({"note": 5}, ["note", "5", "text"]),
    ],
)
def test_a_mistake_is_named(change: dict[str, Any], said: list[str]) -> None:
    (error,) = errors_of({**GOOD, **change})
    assert all(part in error for part in said), error


def test_all_mistakes_come_at_once() -> None:
    content = {**GOOD, "count": -1, "name": "1", "on": 3, "extra": 1, "steps": ["a", "b"]}
    assert [error.split(":")[0] for error in errors_of(content)] == [
        "extra",
        "count",
        "name",
        "steps[0]",
        "steps[1]",
        "on",
    ]


def test_the_schema_for_editors_says_the_same() -> None:
    schema = json_schema(Outer)
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["count", "name", "inner", "more", "steps", "on"]
    assert schema["properties"]["inner"]["properties"]["mode"] == {"enum": ["fast", "slow"]}
    assert schema["properties"]["inner"]["properties"]["share"] == {"type": "number", "minimum": 0.0, "maximum": 1.0}
