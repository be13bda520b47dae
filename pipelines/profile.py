"""What quality rules would do, answered from the measures beside the ledger of clean, and rules that fit a sample.

Nothing is read but counts and document ids: a threshold is tried without a run, and no text is shown.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.clean import Clean
from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.tasks import Task
from pipelines.text.quality import Profile, Rule, rule_values

PERCENTILES = (1, 5, 50, 95, 99)
TAILS = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
_DIGITS = 3
_BOUNDS = ("minimum", "maximum")


@dataclass(frozen=True)
class Side:
    """One bound of one rule with what it does.

    ``falls``: documents beyond it; ``alone``: those that no other bound drops; ``reported``: those for which it is the
    first and thus stands in the ledger. ``beyond`` and ``within``: ids and values of the documents nearest to it.
    """

    rule: Rule
    bound: str
    threshold: float
    falls: int
    alone: int
    reported: int
    beyond: tuple[tuple[str, float], ...]
    within: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Effects:
    """What a profile does to ``documents``; ``joint[i, j]`` of them fall by both sides ``i`` and ``j``."""

    documents: int
    kept: int
    sides: tuple[Side, ...]
    joint: NDArray[np.int64]


@dataclass(frozen=True)
class Try:
    """What one other threshold would do, all other rules unchanged."""

    threshold: float
    falls: int
    alone: int
    kept: int


def stored_measures(dataset: Dataset, language: str) -> Iterator[tuple[pa.StringArray, pa.RecordBatch]]:
    """Ids and measures of the documents in ``language`` that clean judged, batch by batch."""
    for rows, counts in _side_by_side(dataset.batches("ledger"), dataset.batches("measures")):
        of_language = pc.and_(pc.equal(counts["lang"], language), pc.greater(counts["bytes"], 0))
        yield rows["id"].filter(of_language), counts.filter(of_language)


def sample_measures(
    function: Clean, tasks: Iterable[Task], language: str
) -> Iterator[tuple[pa.StringArray, pa.RecordBatch]]:
    """The same of files that no clean stage has read, judged by ``function``; nothing is written."""
    for task in tasks:
        ids: list[pa.StringArray] = []
        for output, batch in function(task):
            if output == "ledger":
                ids.append(batch["id"])
            elif output == "measures":
                of_language = pc.and_(pc.equal(batch["lang"], language), pc.greater(batch["bytes"], 0))
                yield ids.pop().filter(of_language), batch.filter(of_language)


def effects(measured: Iterable[tuple[pa.StringArray, pa.RecordBatch]], profile: Profile, near: int) -> Effects:
    """What every bound of ``profile`` does alone and with the others, with ``near`` misses on both sides of it."""
    bounds = _bounds(profile.rules)
    joint, reported = np.zeros((len(bounds), len(bounds)), np.int64), np.zeros(len(bounds), np.int64)
    alone, documents, kept = np.zeros(len(bounds), np.int64), 0, 0
    nearest: list[list[list[tuple[float, str, float]]]] = [[[], []] for _ in bounds]
    for ids, measures in measured:
        fails = np.zeros((len(bounds), len(ids)), np.bool_)
        for index, (rule, bound) in enumerate(bounds):
            value, spoken = rule_values(measures, rule)
            fails[index] = _beyond(value, bound, _threshold(rule, bound)) & spoken
            for side, rows in enumerate((fails[index], spoken & ~fails[index])):
                _keep_nearest(nearest[index][side], ids, value, _threshold(rule, bound), rows, near)
        documents += len(ids)
        failures = fails.sum(axis=0)
        kept += int((failures == 0).sum())
        alone += (fails & (failures == 1)).sum(axis=1)
        first = fails.argmax(axis=0)[failures > 0]
        reported += np.bincount(first, minlength=len(bounds))
        whole = fails.astype(np.float64)
        joint += (whole @ whole.T).astype(np.int64)
    sides = tuple(
        Side(
            rule,
            bound,
            _threshold(rule, bound),
            int(joint[index, index]),
            int(alone[index]),
            int(reported[index]),
            *(tuple((name, value) for _, name, value in side) for side in nearest[index]),
        )
        for index, (rule, bound) in enumerate(bounds)
    )
    return Effects(documents, kept, sides, joint)


def tries(
    measured: Iterable[tuple[pa.StringArray, pa.RecordBatch]], profile: Profile, name: str, bound: str
) -> list[Try]:
    """What thresholds all over the range of one rule would do, beside those that the profile holds."""
    rule = _rule(profile, name)
    values, spoken, others = [], [], []
    for _, measures in measured:
        value, speaks = rule_values(measures, rule)
        fails = np.zeros(len(value), np.bool_)
        for other, side in _bounds(profile.rules):
            if (other.name, side) != (name, bound):
                seen, heard = rule_values(measures, other)
                fails |= _beyond(seen, side, _threshold(other, side)) & heard
        values.append(value)
        spoken.append(speaks)
        others.append(fails)
    if not values:
        return []
    value, speaks, fallen = np.concatenate(values), np.concatenate(spoken), np.concatenate(others)
    tails = [tail if bound == "minimum" else 1 - tail for tail in TAILS]
    thresholds = {float(_rounded(np.quantile(value[speaks], tail), bound)) for tail in tails} if speaks.any() else set()
    given = getattr(rule, bound)
    thresholds |= {float(given)} if given is not None else set()
    found = []
    for threshold in sorted(thresholds):
        falls = _beyond(value, bound, threshold) & speaks
        alone = falls & ~fallen
        found.append(Try(threshold, int(falls.sum()), int(alone.sum()), int((~falls & ~fallen).sum())))
    return found


def changed(profile: Profile, settings: Sequence[str]) -> Profile:
    """``profile`` with thresholds such as ``repeated_lines.maximum=0.2``; raises MalmoiError for one without sense."""
    rules = {rule.name: rule for rule in profile.rules}
    for setting in settings:
        target, _, value = setting.partition("=")
        name, _, bound = target.rpartition(".")
        rule = _rule(profile, name)
        if bound not in _BOUNDS:
            raise MalmoiError(f"{setting}: give RULE.minimum=NUMBER or RULE.maximum=NUMBER")
        try:
            number = float(value)
        except ValueError:
            raise MalmoiError(f"{setting}: {value!r} is no number") from None
        before = rules[rule.name]
        rules[name] = replace(before, minimum=number) if bound == "minimum" else replace(before, maximum=number)
    return replace(profile, rules=tuple(rules.values()))


def fitted(
    measured: Iterable[tuple[pa.StringArray, pa.RecordBatch]], base: Profile, tail: float, what: str
) -> tuple[list[dict[str, Any]], int]:
    """Rules of ``base``, as a file has them, each bound where ``1 - tail`` of a trusted sample is within.

    Each also has ``percentiles``, which the file does not. Raises MalmoiError for an empty sample.
    """
    values: list[list[NDArray[np.float64]]] = [[] for _ in base.rules]
    documents = 0
    for ids, measures in measured:
        documents += len(ids)
        for index, rule in enumerate(base.rules):
            value, spoken = rule_values(measures, rule)
            values[index].append(value[spoken])
    if not documents:
        raise MalmoiError(f"no document of {what} is in {base.language!r}; is the language right?")
    rules = []
    for rule, parts in zip(base.rules, values, strict=True):
        value = np.concatenate(parts) if parts else np.zeros(0)
        entry: dict[str, Any] = {"name": rule.name, "measure": list(rule.measure), "unit": rule.unit}
        entry |= {"per": rule.per} if rule.per else {}
        for bound in _BOUNDS:
            threshold = getattr(rule, bound)
            if threshold is None:
                continue
            if len(value):
                low = bound == "minimum"
                quantile = np.quantile(value, tail if low else 1 - tail, method="lower" if low else "higher")
                threshold = _rounded(float(quantile), bound)
            entry[bound] = threshold
        entry |= {"from": {rule.from_measure: rule.from_count}} if rule.from_measure else {}
        given = ", ".join(f"{bound} {getattr(rule, bound):g}" for bound in _BOUNDS if getattr(rule, bound) is not None)
        entry["source"] = f"{1 - tail:.2%} of {len(value):,} documents of {what} are within; {base.name} has {given}"
        entry["percentiles"] = [float(each) for each in np.percentile(value, PERCENTILES)] if len(value) else []
        rules.append(entry)
    return rules, documents


def write_profile(path: Path, name: str, base: Path, rules: Sequence[dict[str, Any]]) -> None:
    """The profile ``base`` under another name with other rules, one rule to a line."""
    content = json.loads(base.read_text(encoding="utf-8")) | {"name": name}
    content["rules"] = [{key: value for key, value in rule.items() if key != "percentiles"} for rule in rules]
    lines = []
    for key, value in content.items():
        shown = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list):
            rows = ",\n    ".join(json.dumps(row, ensure_ascii=False) for row in value)
            shown = f"[\n    {rows}\n  ]"
        lines.append(f"  {json.dumps(key)}: {shown}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def check_counted(profile: Profile, counted: Profile) -> None:
    """Raises MalmoiError where what ``counted`` measured says nothing about ``profile``."""
    missing = sorted({*profile.measures} - {*counted.measures})
    same_words = profile.words == counted.words and profile.lines == counted.lines
    asks = any("function_words" in name for rule in profile.rules for name in rule.measure)
    own = (profile.function_words, profile.function_endings)
    same_list = not asks or own == (counted.function_words, counted.function_endings)
    if missing or not same_words or not same_list:
        raise MalmoiError(
            f"profile {profile.name} counts other words or lines than {counted.name}, which clean counted with; set "
            f"clean.profiles.{profile.language} to it in params.yaml, run dvc repro, and ask again"
        )


def _side_by_side(
    left: Iterator[pa.RecordBatch], right: Iterator[pa.RecordBatch]
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """The same rows of two outputs, whose files and batches may end at different ones."""
    first, second = next(left, None), next(right, None)
    while first is not None and second is not None:
        rows = min(first.num_rows, second.num_rows)
        if rows:
            yield first.slice(0, rows), second.slice(0, rows)
        first = first.slice(rows) if first.num_rows > rows else next(left, None)
        second = second.slice(rows) if second.num_rows > rows else next(right, None)
    if first is not None or second is not None:
        raise MalmoiError("the ledger and the measures have not the same rows; run dvc repro to build the folder again")


def _bounds(rules: Iterable[Rule]) -> list[tuple[Rule, str]]:
    return [(rule, bound) for rule in rules for bound in _BOUNDS if getattr(rule, bound) is not None]


def _threshold(rule: Rule, bound: str) -> float:
    return float(getattr(rule, bound))


def _beyond(value: NDArray[np.float64], bound: str, threshold: float) -> NDArray[np.bool_]:
    return value < threshold if bound == "minimum" else value > threshold


def _rule(profile: Profile, name: str) -> Rule:
    for rule in profile.rules:
        if rule.name == name:
            return rule
    raise MalmoiError(f"{name!r} is no rule of {profile.name}; there are {', '.join(r.name for r in profile.rules)}")


def _keep_nearest(
    found: list[tuple[float, str, float]],
    ids: pa.StringArray,
    value: NDArray[np.float64],
    threshold: float,
    rows: NDArray[np.bool_],
    count: int,
) -> None:
    """The ``count`` documents of ``rows`` and of those before that are nearest; ids decide between equals."""
    at = np.flatnonzero(rows)
    distance = np.abs(value[at] - threshold)
    if len(at) > count > 0:
        limit = np.partition(distance, count - 1)[count - 1]
        at, distance = at[distance <= limit], distance[distance <= limit]
    if count:
        names = ids.take(pa.array(at[: 50 * count])).to_pylist()
        found += zip(distance.tolist(), names, value[at].tolist(), strict=False)
        found[:] = sorted(found)[:count]


def _rounded(value: float, bound: str) -> float:
    """Three significant digits, outwards; whole numbers stay whole."""
    if value == 0 or not np.isfinite(value):
        return 0.0
    digits = max(_DIGITS - 1 - floor(log10(abs(value))), 0)
    scaled = value * 10**digits
    near = round(scaled)
    whole = near if abs(scaled - near) < 1e-6 else floor(scaled) if bound == "minimum" else ceil(scaled)
    return float(whole / 10**digits)
