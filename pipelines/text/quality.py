"""Quality profiles: which texts a rule drops, with the value it saw and the threshold it holds.

A profile is data (``profiles/*.json``), one per language, each threshold with its unit and where the number comes from.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.core.errors import MalmoiError
from pipelines.text.measures import MEASURES
from pipelines.text.measures import measure as measure_texts

Unit = Literal["eojeol", "word", "morpheme", "syllable", "letter", "character", "line", "paragraph"]
_PROFILES = Path(__file__).with_name("profiles")
_RULE_KEYS = frozenset({"name", "measure", "per", "unit", "minimum", "maximum", "from", "source"})
_PROFILE_KEYS = frozenset({"name", "language", "function_words", "function_endings", "rules"})


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A text falls when the sum of ``measure``, per one of ``per`` if that is given, leaves [minimum, maximum].

    The rule is silent about texts with less than ``from_count`` of ``from_measure``. ``unit`` says what the number is
    a share or a count of.
    """

    name: str
    measure: tuple[str, ...]
    unit: Unit
    source: str
    per: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    from_measure: str | None = None
    from_count: int = 0


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Rules in the order in which they are asked; the first that a text fails is the one that is reported."""

    name: str
    language: str
    function_words: tuple[str, ...]
    function_endings: str
    rules: tuple[Rule, ...]


def load_profile(name: str) -> Profile:
    """The bundled profile of that name (``ko``, ``en``) or a profile at that path, ending in .json.

    Raises MalmoiError naming file, rule and remedy where the profile is absent or not well-formed.
    """
    path = Path(name) if name.endswith(".json") else _PROFILES / f"{name}.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(sorted(entry.stem for entry in _PROFILES.glob("*.json")))
        raise MalmoiError(f"{path}: no such quality profile; name one of {known} or a .json file") from error
    except ValueError as error:
        raise MalmoiError(f"{path}: not valid JSON ({error})") from error
    if not isinstance(content, dict) or set(content) != _PROFILE_KEYS:
        raise MalmoiError(f"{path}: a profile has exactly these keys: {', '.join(sorted(_PROFILE_KEYS))}")
    return Profile(
        name=content["name"],
        language=content["language"],
        function_words=tuple(content["function_words"].split()),
        function_endings=content["function_endings"],
        rules=tuple(_rule(rule, f"{path}: rule {index + 1}") for index, rule in enumerate(content["rules"])),
    )


def measure(texts: pa.StringArray | pa.ChunkedArray, profile: Profile) -> pa.RecordBatch:
    """Counts of each normalised text (columns ``MEASURES``, int64), function words as the profile lists them."""
    return measure_texts(texts, profile.function_words, profile.function_endings)


def judge(
    measures: pa.RecordBatch, profile: Profile
) -> tuple[NDArray[np.bool_], pa.StringArray, NDArray[np.float64], NDArray[np.float64]]:
    """For each row: kept or not, the first rule that it fails, the value seen, the threshold ("", 0, 0 when kept)."""
    first = np.zeros(measures.num_rows, np.int64)
    values, thresholds = np.zeros(measures.num_rows), np.zeros(measures.num_rows)
    for number, rule in enumerate(profile.rules, start=1):
        value, threshold, fails = apply_rule(measures, rule)
        new = fails & (first == 0)
        first[new], values[new], thresholds[new] = number, value[new], threshold[new]
    names = pa.array(["", *(rule.name for rule in profile.rules)], pa.string())
    return first == 0, names.take(pa.array(first)), values, thresholds


def apply_rule(
    measures: pa.RecordBatch, rule: Rule
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Value, nearest threshold and failure of one rule for each row, whatever the other rules say."""
    value = np.sum([_column(measures, name) for name in rule.measure], axis=0)
    if rule.per is not None:
        value = value / np.maximum(_column(measures, rule.per), 1.0)
    minimum = -np.inf if rule.minimum is None else rule.minimum
    maximum = np.inf if rule.maximum is None else rule.maximum
    below = value < minimum
    fails = below | (value > maximum)
    if rule.from_measure is not None:
        fails &= _column(measures, rule.from_measure) >= rule.from_count
    return value, np.where(below | np.isinf(maximum), minimum, maximum), fails


def _column(measures: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    column: NDArray[np.float64] = measures.column(name).to_numpy().astype(np.float64)
    return column


def _rule(content: Mapping[str, Any], where: str) -> Rule:
    unknown = sorted(set(content) - _RULE_KEYS)
    if unknown:
        raise MalmoiError(f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(sorted(_RULE_KEYS))}")
    missing = sorted({"name", "measure", "unit", "source"} - set(content))
    if missing:
        raise MalmoiError(f"{where}: {', '.join(missing)} missing")
    where = f"{where} ({content['name']})"
    if content["unit"] not in get_args(Unit):
        raise MalmoiError(f"{where}: unit {content['unit']!r} is none of {', '.join(get_args(Unit))}")
    if "minimum" not in content and "maximum" not in content:
        raise MalmoiError(f"{where}: neither minimum nor maximum is given, so the rule would never drop anything")
    start = dict(content.get("from", {}))
    if len(start) > 1:
        raise MalmoiError(f"{where}: from has to name one measure")
    names = [*content["measure"], *([content["per"]] if "per" in content else []), *start]
    for name in names:
        if name not in MEASURES:
            raise MalmoiError(f"{where}: {name!r} is no measure; known are {', '.join(MEASURES)}")
    from_measure, from_count = next(iter(start.items()), (None, 0))
    return Rule(
        name=content["name"],
        measure=tuple(content["measure"]),
        unit=content["unit"],
        source=content["source"],
        per=content.get("per"),
        minimum=content.get("minimum"),
        maximum=content.get("maximum"),
        from_measure=from_measure,
        from_count=from_count,
    )
