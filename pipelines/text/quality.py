"""Quality profiles: which texts a rule drops, with the value it saw and the threshold it holds.

A profile is data (``profiles/*.json``) for one language, each threshold with its unit and where the number comes from.
It says what a word is, which lines are taken out, and which texts are dropped.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.errors import MalmoiError
from pipelines.text.line_rules import LINE_RULES, PAGE_MEASURES, keep_lines
from pipelines.text.measure_columns import KEPT_MEASURES, MEASURES
from pipelines.text.measures import measure as measure_texts
from pipelines.text.word_parts import Words

Unit = Literal["eojeol", "word", "morpheme", "syllable", "letter", "character", "line", "sentence", "paragraph"]
LINE_MEASURES = (*KEPT_MEASURES, *PAGE_MEASURES)
"""What only a profile with line rules counts: the lines that it leaves, and those that condemn a page."""

_PROFILES = Path(__file__).with_name("profiles")
_RULE_KEYS = frozenset({"name", "measure", "per", "unit", "minimum", "maximum", "from", "source"})
_PROFILE_KEYS = frozenset({"name", "language", "function_words", "function_endings", "rules"})
_OPTIONAL_KEYS = frozenset({"words", "lines"})
_LINE_LIMITS = {"long_word": "maximum", "few_words": "minimum"}


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
    """Rules in the order in which they are asked; the first that a text fails is the one that is reported.

    ``lines`` names the rules for lines (``pipelines.text.line_rules``) with their limits.
    """

    name: str
    language: str
    function_words: tuple[str, ...]
    function_endings: str
    rules: tuple[Rule, ...]
    words: Words = "white_space"
    lines: tuple[tuple[str, int], ...] = ()

    @property
    def measures(self) -> tuple[str, ...]:
        """Columns that this profile counts."""
        return (*MEASURES, *LINE_MEASURES) if self.lines else MEASURES


def load_profile(name: str) -> Profile:
    """The bundled profile of that name (``ko``, ``gopher``) or a profile at that path, ending in .json.

    Raises MalmoiError naming file, rule and remedy where the profile is absent or not well-formed.
    """
    path = profile_path(name)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(sorted(entry.stem for entry in _PROFILES.glob("*.json")))
        raise MalmoiError(f"{path}: no such quality profile; name one of {known} or a .json file") from error
    except ValueError as error:
        raise MalmoiError(f"{path}: not valid JSON ({error})") from error
    if not isinstance(content, dict) or not _PROFILE_KEYS <= set(content) <= _PROFILE_KEYS | _OPTIONAL_KEYS:
        raise MalmoiError(
            f"{path}: a profile has these keys: {', '.join(sorted(_PROFILE_KEYS))}; and may have "
            f"{', '.join(sorted(_OPTIONAL_KEYS))}"
        )
    words = content.get("words", "white_space")
    if words not in get_args(Words):
        raise MalmoiError(f"{path}: words {words!r} is none of {', '.join(get_args(Words))}")
    lines = tuple(_line_rule(rule, f"{path}: line rule {n}") for n, rule in enumerate(content.get("lines", ()), 1))
    measures = {*MEASURES, *(LINE_MEASURES if lines else ())}
    return Profile(
        name=content["name"],
        language=content["language"],
        function_words=tuple(content["function_words"].split()),
        function_endings=content["function_endings"],
        rules=tuple(_rule(rule, measures, f"{path}: rule {n}") for n, rule in enumerate(content["rules"], 1)),
        words=words,
        lines=lines,
    )


def profile_path(name: str) -> Path:
    """Where the profile of that name is, or would be."""
    return Path(name) if name.endswith(".json") else _PROFILES / f"{name}.json"


def measure(texts: pa.StringArray | pa.ChunkedArray, profile: Profile) -> pa.RecordBatch:
    """Counts of each normalised text (int64, columns ``profile.measures``), words and function words as it says."""
    return examine(texts, profile)[0]


def examine(
    texts: pa.StringArray | pa.ChunkedArray, profile: Profile
) -> tuple[pa.RecordBatch, pa.StringArray | pa.ChunkedArray, dict[str, int]]:
    """``measure``, the texts without the lines that the profile takes out, and how often each line rule was met."""
    if not profile.lines:
        return measure_texts(texts, profile.function_words, profile.function_endings, profile.words), texts, {}
    kept = keep_lines(texts, dict(profile.lines))
    measures = measure_texts(texts, profile.function_words, profile.function_endings, profile.words, kept.dropped)
    columns = dict(zip(measures.schema.names, measures.columns, strict=True))
    if kept.edited.any():
        edited = np.flatnonzero(kept.edited)
        again = kept.texts.take(pa.array(edited))
        lines = np.zeros(pc.sum(pc.count_substring(again, "\n")).as_py() + len(again), np.bool_)
        left = measure_texts(again, words=profile.words, dropped=lines)
        for name in KEPT_MEASURES:
            columns[name] = pc.replace_with_mask(columns[name], pa.array(kept.edited), left[name])
    columns |= dict(zip(PAGE_MEASURES, map(pa.array, kept.pages), strict=True))
    return pa.RecordBatch.from_pydict(columns), kept.texts, kept.counts


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
    value, spoken = rule_values(measures, rule)
    minimum = -np.inf if rule.minimum is None else rule.minimum
    maximum = np.inf if rule.maximum is None else rule.maximum
    below = value < minimum
    return value, np.where(below | np.isinf(maximum), minimum, maximum), (below | (value > maximum)) & spoken


def rule_values(measures: pa.RecordBatch, rule: Rule) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What one rule sees of each row, and whether it has anything to say about it."""
    value = np.sum([_column(measures, name) for name in rule.measure], axis=0)
    if rule.per is not None:
        value = value / np.maximum(_column(measures, rule.per), 1.0)
    if rule.from_measure is None:
        return value, np.ones(len(value), np.bool_)
    return value, _column(measures, rule.from_measure) >= rule.from_count


def _column(measures: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    column: NDArray[np.float64] = measures.column(name).to_numpy().astype(np.float64)
    return column


def _line_rule(content: Mapping[str, Any], where: str) -> tuple[str, int]:
    """Name and limit of a line rule; the limit is 0 where the rule knows none."""
    name = content.get("name")
    if name not in LINE_RULES:
        raise MalmoiError(f"{where}: {name!r} is no line rule; known are {', '.join(LINE_RULES)}")
    limit = _LINE_LIMITS.get(name)
    wanted = {"name", "unit", "source", *([limit] if limit else [])}
    if set(content) != wanted:
        raise MalmoiError(f"{where} ({name}): it has exactly these keys: {', '.join(sorted(wanted))}")
    _check_unit(content, f"{where} ({name})")
    return name, content[limit] if limit else 0


def _check_unit(content: Mapping[str, Any], where: str) -> None:
    if content["unit"] not in get_args(Unit):
        raise MalmoiError(f"{where}: unit {content['unit']!r} is none of {', '.join(get_args(Unit))}")


def _rule(content: Mapping[str, Any], known: set[str], where: str) -> Rule:
    unknown = sorted(set(content) - _RULE_KEYS)
    if unknown:
        raise MalmoiError(f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(sorted(_RULE_KEYS))}")
    missing = sorted({"name", "measure", "unit", "source"} - set(content))
    if missing:
        raise MalmoiError(f"{where}: {', '.join(missing)} missing")
    where = f"{where} ({content['name']})"
    _check_unit(content, where)
    if "minimum" not in content and "maximum" not in content:
        raise MalmoiError(f"{where}: neither minimum nor maximum is given, so the rule would never drop anything")
    start = dict(content.get("from", {}))
    if len(start) > 1:
        raise MalmoiError(f"{where}: from has to name one measure")
    names = [*content["measure"], *([content["per"]] if "per" in content else []), *start]
    for name in names:
        if name not in known:
            raise MalmoiError(f"{where}: {name!r} is no measure; known are {', '.join(sorted(known))}")
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
