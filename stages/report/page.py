"""Metrics and plots as the page shows them."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from stages.report.charts import Series, bar_chart, line_chart

_ITEMS_SHOWN = 50
_STYLES = ("one", "two", "three", "four")

Metrics = Mapping[str, Any]
Row = Mapping[str, str]


def render(sources: Sequence[str], tasks: Sequence[str], metrics: Path, plots: Path, items: Path) -> str:
    """The page, from the metrics and plots of every stage; a stage without figures shows as empty.

    ``items`` lists the items of evaluation tasks that the corpus holds.
    """
    environment = Environment(
        loader=PackageLoader("stages.report", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"number": number, "percent": percent, "words": words, "without": without, "merged": merged}
    read = {
        name: _json(metrics / f"{name}.json")
        for name in ("dedup", "decontaminate", "names", "recall", "tokenizer", "shard", "train", "audit", "sweep")
    }
    by_source = {"clean": {key: _json(metrics / "clean" / f"{key}.json") for key in sources}}
    for stage in ("scrub", "split"):
        found = _json(metrics / f"{stage}.json").get("sources", {})
        by_source[stage] = {key: found.get(key, {}) for key in sources}
    listed = _json(metrics / "sources.json")
    scores = {key: _json(metrics / "evaluate" / f"{key}.json") for key in tasks}
    drawn = {
        "loss": _loss(_csv(plots / "train.csv"), _csv(plots / "validation.csv")),
        "accuracy": _accuracy(_csv(plots / "validation.csv")),
        "exposure": _exposure(_csv(plots / "audit.csv")),
        **_sweep(_csv(plots / "sweep.csv")),
        "lengths": _bars(_lengths(read["shard"]), "tokens per example, up to", "examples"),
    }
    return environment.get_template("page.html.j2").render(
        funnel=funnel(sources, by_source, listed, read["shard"]),
        dropped=_joined(by_source["clean"], "dropped"),
        quarantined=_joined(by_source["clean"], "quarantined"),
        cut=_joined(by_source["scrub"], "cut"),
        replaced=_joined(by_source["scrub"], "replaced"),
        contaminated=contaminated(_csv(items)),
        shown=_ITEMS_SHOWN,
        sources=list(sources),
        scores=scores,
        charts={name: Markup(chart) for name, chart in drawn.items()},
        **read,
    )


def funnel(
    sources: Sequence[str], by_source: Mapping[str, Mapping[str, Metrics]], listed: Metrics, shard: Metrics
) -> list[dict[str, Any]]:
    """What became of the documents of each source, and of all."""
    columns: dict[str, Callable[[str], int]] = {
        "documents": lambda key: by_source["clean"][key].get("documents", 0),
        "quarantined": lambda key: sum(
            count for stage in ("clean", "scrub") for count in by_source[stage][key].get("quarantined", {}).values()
        ),
        "dropped": lambda key: sum(
            count for stage in ("clean", "scrub") for count in by_source[stage][key].get("dropped", {}).values()
        ),
        "duplicates": lambda key: by_source["scrub"][key].get("duplicates", 0),
        "kept": lambda key: by_source["split"][key].get("documents", 0),
        "sentences": lambda key: by_source["split"][key].get("sentences", 0),
        "tokens": lambda key: shard.get("sources", {}).get(key, {}).get("tokens", 0),
    }
    rows = [{"source": key, **{name: value(key) for name, value in columns.items()}} for key in sources]
    return [*rows, {"source": "all", **{name: sum(row[name] for row in rows) for name in columns}}]


def contaminated(found: Sequence[Row]) -> dict[str, list[dict[str, Any]]]:
    """Contaminated items of each task, those with the most documents first: where, what share, documents by source."""
    tasks: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for row in found:
        items = tasks.setdefault(row["task"], {})
        key = row["split"], row["record"]
        item = items.setdefault(key, {"split": key[0], "record": int(key[1]), "share": 0.0, "documents": {}})
        item["share"] = max(item["share"], float(row["share"]))
        documents = item["documents"]  # a document that holds both texts of an item has a row for each
        documents[row["source"]] = max(documents.get(row["source"], 0), int(row["documents"]))
    order = lambda item: (-sum(item["documents"].values()), item["split"], item["record"])  # noqa: E731
    return {task: sorted(items.values(), key=order) for task, items in tasks.items()}


def number(value: object) -> str:
    """Whole numbers with separators, others with four significant digits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def words(name: str) -> str:
    """A key of a metrics file as words."""
    return name.replace("_", " ")


def merged(values: Metrics, more: Metrics) -> dict[str, Any]:
    return {**values, **more}


def without(values: Metrics, name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _joined(metrics: Mapping[str, Metrics], key: str) -> dict[str, dict[str, int]]:
    """Counts by name, then by source, most frequent name first."""
    names = {name for content in metrics.values() for name in content.get(key, {})}
    table = {name: {source: content.get(key, {}).get(name, 0) for source, content in metrics.items()} for name in names}
    return dict(sorted(table.items(), key=lambda item: (-sum(item[1].values()), item[0])))


def _loss(train: Sequence[Row], validation: Sequence[Row]) -> str:
    series = [
        Series("training, masked tokens", _points(train, "mlm_loss"), "one"),
        Series("held out, masked tokens", _points(validation, "mlm_loss"), "two"),
        Series("training, pairs", _points(train, "nsp_loss"), "three"),
    ]
    return line_chart([line for line in series if line.points], "step", "loss (nats)")


def _accuracy(validation: Sequence[Row]) -> str:
    series = [
        Series("masked tokens", _points(validation, "mlm_accuracy"), "one"),
        Series("pairs", _points(validation, "nsp_accuracy"), "two"),
    ]
    return line_chart([line for line in series if line.points], "step", "accuracy on held-out documents")


def _exposure(audit: Sequence[Row]) -> str:
    mean = _points(audit, "mean_exposure", "repeats")
    band = [_band(row, "repeats") for row in audit]
    return line_chart([Series("mean exposure of canaries", mean, "one")], "times planted", "bits", band)


def _sweep(rows: Sequence[Row]) -> dict[str, str]:
    """Exposure by share of misses, for each number of repeats and, for the largest, of missed and of found secrets
    apart; and by repeats, with and without scrubbing."""
    if not rows:
        return {"by_share": "", "by_repeats": ""}
    counts, shares = (sorted({float(row[name]) for row in rows}) for name in ("repeats", "share"))
    counts = [count for count in counts if count]
    by_count = [
        Series(f"planted {count:g} times", _points(_where(rows, "repeats", count), "mean_exposure", "share"), style)
        for count, style in zip(counts, cycle(_STYLES))
    ]
    most = _where(rows, "repeats", counts[-1])
    for name, column in (("missed", "mean_missed"), ("found", "mean_found")):
        apart = _points(most, column, "share")
        by_count.append(Series(f"{name} ones of those planted {counts[-1]:g} times", apart, _STYLES[len(by_count) % 4]))
    by_count = [line for line in by_count if line.points]
    ends = [
        Series(name, _points(_where(rows, "share", share), "mean_exposure", "repeats"), style)
        for name, share, style in (("nothing scrubbed", shares[-1], "two"), ("all scrubbed", shares[0], "one"))
    ]
    band = [_band(row, "share") for row in most]
    across = [_band(row, "repeats") for row in _where(rows, "share", shares[0])]
    return {
        "by_share": line_chart(by_count, "share of secrets that scrubbing misses", "bits", band),
        "by_repeats": line_chart(ends, "times planted (0: never)", "bits", across),
    }


def _where(rows: Sequence[Row], column: str, value: float) -> list[Row]:
    return [row for row in rows if float(row[column]) == value]


def _band(row: Row, across: str) -> tuple[float, float, float]:
    return float(row[across]), float(row["null_low"]), float(row["null_high"])


def _lengths(shard: Metrics) -> dict[str, int]:
    lengths = shard.get("train", {}).get("lengths", {})
    return {name.lstrip("0"): count for name, count in lengths.items()}


def _bars(values: Metrics, x_label: str, y_label: str) -> str:
    return bar_chart({str(name): float(value) for name, value in values.items()}, x_label, y_label)


def _points(rows: Sequence[Row], column: str, across: str = "step") -> list[tuple[float, float]]:
    return [(float(row[across]), float(row[column])) for row in rows if row.get(column)]


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    return content


def _csv(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
