"""Turns plain YAML values into typed options, collecting every error instead of stopping at the first."""

import dataclasses
import difflib
import math
import re
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pipelines.core.options import Pattern, Range

_NAMES = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def build(kind: Any, value: object, path: str, errors: list[str]) -> Any:
    """``value`` as ``kind``: a dataclass, ``tuple[X, ...]``, ``dict[str, X]``, a literal, an optional or a plain type.

    Whatever does not fit adds one line to ``errors``: key path, what was given, what is allowed.
    """
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *constraints = get_args(kind)
        return _constrained(build(inner, value, path, errors), constraints, path, errors)
    if origin is Literal:
        return _literal(get_args(kind), value, path, errors)
    if origin in {Union, types.UnionType}:
        return _optional(get_args(kind), value, path, errors)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value, path, errors)
    if origin is tuple:
        return _tuple(get_args(kind)[0], value, path, errors)
    if origin is dict:
        return _dict(get_args(kind)[1], value, path, errors)
    return _scalar(kind, value, path, errors)


def json_schema(kind: Any) -> dict[str, Any]:
    """JSON Schema of ``kind``, for editors that complete and check params.yaml while it is typed."""
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *constraints = get_args(kind)
        return json_schema(inner) | _schema_constraints(inner, constraints)
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    if origin in {Union, types.UnionType}:
        return {"anyOf": [json_schema(part) for part in get_args(kind)]}
    if kind is type(None):
        return {"type": "null"}
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        fields = dataclasses.fields(kind)
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {field.name: json_schema(hints[field.name]) for field in fields},
            "required": [field.name for field in fields if field.default is dataclasses.MISSING],
        }
    if origin is tuple:
        return {"type": "array", "items": json_schema(get_args(kind)[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": json_schema(get_args(kind)[1])}
    return {"type": {int: "integer", float: "number", str: "string", bool: "boolean"}[kind]}


def _schema_constraints(inner: Any, constraints: list[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for constraint in constraints:
        if isinstance(constraint, Pattern):
            schema["pattern"] = constraint.expression
        elif isinstance(constraint, Range) and inner in {int, float}:
            bounds = {"minimum": constraint.minimum, "maximum": constraint.maximum}
            schema |= {name: bound for name, bound in bounds.items() if bound is not None}
    return schema


def _dataclass(kind: Any, value: object, path: str, errors: list[str]) -> Any:
    if not isinstance(value, Mapping):
        names = ", ".join(field.name for field in dataclasses.fields(kind))
        errors.append(f"{path or 'the whole'}: {_shown(value)}; give a map with {names}")
        return None
    hints = get_type_hints(kind, include_extras=True)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in value:
        if name not in fields:
            near = difflib.get_close_matches(str(name), fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(fields)}"
            errors.append(f"{_join(path, name)}: unknown key; {hint}")
    content = {}
    for name, field in fields.items():
        if name in value:
            content[name] = build(hints[name], value[name], _join(path, name), errors)
        elif field.default is dataclasses.MISSING:
            errors.append(f"{_join(path, name)}: missing; {_expected(hints[name])}")
            content[name] = None
    return kind(**content)


def _tuple(kind: Any, value: object, path: str, errors: list[str]) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        errors.append(f"{path}: {_shown(value)}; give a list")
        return ()
    return tuple(build(kind, item, f"{path}[{index}]", errors) for index, item in enumerate(value))


def _dict(kind: Any, value: object, path: str, errors: list[str]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        errors.append(f"{path}: {_shown(value)}; give a map")
        return {}
    return {str(name): build(kind, item, _join(path, name), errors) for name, item in value.items()}


def _literal(allowed: tuple[Any, ...], value: object, path: str, errors: list[str]) -> Any:
    if value not in allowed or isinstance(value, bool) is not isinstance(allowed[0], bool):
        errors.append(f"{path}: {_shown(value)}; one of {', '.join(str(choice) for choice in allowed)}")
    return value


def _optional(kinds: tuple[Any, ...], value: object, path: str, errors: list[str]) -> Any:
    if value is None and type(None) in kinds:
        return None
    attempts = []
    for kind in kinds:
        if kind is not type(None):
            found: list[str] = []
            built = build(kind, value, path, found)
            if not found:
                return built
            attempts.append(found)
    errors.extend(attempts[0])
    return None


def _scalar(kind: Any, value: object, path: str, errors: list[str]) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        errors.append(f"{path}: {_shown(value)}; give {_NAMES[kind]}")
        return None
    if isinstance(value, float) and not math.isfinite(value):
        errors.append(f"{path}: {_shown(value)}; give a finite number")
        return None
    return value


def _constrained(value: Any, constraints: list[Any], path: str, errors: list[str]) -> Any:
    if value is None:
        return value
    for constraint in constraints:
        if isinstance(constraint, Range):
            size = value if isinstance(value, int | float) else len(value)
            low, high = constraint.minimum, constraint.maximum
            if (low is not None and size < low) or (high is not None and size > high):
                what = "" if isinstance(value, int | float) else "length "
                errors.append(f"{path}: {_shown(value)}; give {what}{constraint}")
        elif isinstance(constraint, Pattern) and not re.fullmatch(constraint.expression, value):
            errors.append(f"{path}: {_shown(value)}; give {constraint.meaning}")
    return value


def _expected(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *constraints = get_args(kind)
        return f"{_expected(inner)} ({', '.join(str(getattr(c, 'meaning', c)) for c in constraints)})"
    if origin is Literal:
        return f"one of {', '.join(str(choice) for choice in get_args(kind))}"
    if origin is tuple:
        return "give a list"
    return f"give {_NAMES.get(kind, 'a map')}"


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _shown(value: object) -> str:
    if value is None:
        return "nothing given"
    text = repr(value)
    return f"given {text if len(text) <= 60 else text[:57] + '...'}"
