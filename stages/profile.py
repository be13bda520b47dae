"""Try thresholds of the quality profiles on what clean measured, and fit a profile to text that you trust.

Nothing is run again and no text is shown: `show` reads the ledger and the measures of data/clean, which holds counts
of every document that could be read, the dropped ones too.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow as pa
from tqdm import tqdm

from pipelines.clean import Clean, clean_function, load_profiles
from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.fingerprint import digest
from pipelines.core.manifest import Manifest
from pipelines.profile import (
    PERCENTILES,
    Effects,
    changed,
    check_counted,
    effects,
    fitted,
    sample_measures,
    stored_measures,
    tries,
    write_profile,
)
from pipelines.sources.listing import list_files
from pipelines.sources.options import SourceOptions
from pipelines.sources.planning import plan
from pipelines.text.quality import load_profile, profile_path
from stages.params import load_params
from stages.run import DATA, pick

_EXAMPLES = """
examples:
  python -m stages.profile show --source news --language ko
  python -m stages.profile show --source news --language ko --set repeated_lines.maximum=0.2
  python -m stages.profile show --source news --language ko --rule keyword_list.minimum
  python -m stages.profile fit --language ko --source encyclopaedia --name trusted-ko
  python -m stages.profile fit --language ko --files 'data/raw/law/*.txt' --name law-ko
then select it in params.yaml, clean.profiles: {ko: law-ko}
"""


def main() -> None:
    """Parse the command line and print the tables."""
    arguments = _parser().parse_args()
    try:
        arguments.command(arguments)
    except MalmoiError as error:
        sys.exit(f"\nerror: {error}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stages.profile",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="show | fit")
    show = commands.add_parser("show", help="what every threshold drops, alone and with others, and near misses")
    show.set_defaults(command=_show)
    show.add_argument("--source", action="append", help="a source of params.yaml, again for more; default: all")
    show.add_argument("--profile", help="the profile to try; default: the one in params.yaml")
    show.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="RULE.BOUND=NUMBER",
        help="another threshold, such as links.maximum=0.1",
    )
    show.add_argument("--rule", metavar="RULE.BOUND", help="show many thresholds of this one bound instead")
    show.add_argument("--near", type=int, default=2, metavar="N", help="near misses shown on each side; default 2")
    show.add_argument("--pairs", type=int, default=10, metavar="N", help="pairs of rules shown; default 10")
    fit = commands.add_parser("fit", help="write a profile whose thresholds leave nearly all of a trusted sample")
    fit.set_defaults(command=_fit)
    fit.add_argument("--source", action="append", help="a source of params.yaml that is trusted, again for more")
    fit.add_argument("--files", metavar="GLOB", help="or files that are no source")
    fit.add_argument("--format", default="text", help="their format: text, jsonl or parquet; default text")
    fit.add_argument("--text", help="field with the text, for jsonl and parquet")
    fit.add_argument("--base", help="profile whose rules are fitted; default: the one in params.yaml")
    fit.add_argument(
        "--tail", type=float, default=0.001, help="share of the sample that a bound may drop; default 0.001"
    )
    fit.add_argument("--name", required=True, help="name of the new profile, or a path that ends in .json")
    for command in (show, fit):
        command.add_argument("--language", required=True, choices=("ko", "en"), help="documents in this language")
    return parser


def _show(arguments: argparse.Namespace) -> None:
    params = load_params()
    counted = load_profiles(params.clean.profiles)
    current = pick(counted, arguments.language, "clean.profiles")
    profile = changed(load_profile(arguments.profile) if arguments.profile else current, arguments.set)
    check_counted(profile, current)
    datasets = [_counted(key) for key in arguments.source or params.sources]
    measured = (part for dataset in datasets for part in _shown(dataset, arguments.language))
    if arguments.rule:
        name, _, bound = arguments.rule.rpartition(".")
        if bound not in {"minimum", "maximum"}:
            raise MalmoiError(f"--rule {arguments.rule}: give RULE.minimum or RULE.maximum")
        rows = [("threshold", "falls", "alone", "kept then")]
        rows += [
            (f"{t.threshold:g}", f"{t.falls:,}", f"{t.alone:,}", f"{t.kept:,}")
            for t in tries(measured, profile, name, bound)
        ]
        _print(rows)
        return
    _print_effects(effects(measured, profile, arguments.near), profile.name, arguments)


def _fit(arguments: argparse.Namespace) -> None:
    params = load_params()
    base = arguments.base or pick(params.clean.profiles, arguments.language, "clean.profiles")
    profile = load_profile(base)
    if profile.language != arguments.language:
        raise MalmoiError(f"--base {base}: a profile for {profile.language!r}; give one for {arguments.language!r}")
    if (arguments.files is None) == (arguments.source is None):
        raise MalmoiError("give either --source or --files: the sample that is trusted")
    if arguments.files:
        source = SourceOptions(format=arguments.format, path=arguments.files, lang="auto", text=arguments.text)
        options = replace(params.clean, profiles={**params.clean.profiles, arguments.language: base})
        function, what = clean_function("sample", source, options), arguments.files
        tasks = tqdm(plan(list_files("sample", source)), unit="task", desc="measure")
        measured = sample_measures(function, tasks, arguments.language)
    else:
        check_counted(profile, load_profiles(params.clean.profiles)[arguments.language])
        datasets, what = [_counted(key) for key in arguments.source], ", ".join(arguments.source)
        measured = (part for dataset in datasets for part in _shown(dataset, arguments.language))
    rules, documents = fitted(measured, profile, arguments.tail, what)
    path = profile_path(arguments.name)
    if path.exists() and "are within" not in path.read_text(encoding="utf-8"):
        raise MalmoiError(f"{path}: a profile of that name that was not fitted is there; give another --name")
    write_profile(path, path.stem, profile_path(base), rules)
    head: tuple[str, ...] = ("rule", "unit", *(f"{percentile} %" for percentile in PERCENTILES), base, path.stem)
    by_name = {rule.name: rule for rule in profile.rules}
    table = [head]
    for rule in rules:
        old = by_name[rule["name"]]
        cells = (f"{value:.3g}" for value in rule["percentiles"] or [0.0] * len(PERCENTILES))
        table.append(
            (
                old.name,
                old.unit,
                *cells,
                _range(old.minimum, old.maximum),
                _range(rule.get("minimum"), rule.get("maximum")),
            )
        )
    _print(table)
    print(f"{documents:,} documents of {what}; written to {path}")


def _counted(key: str) -> Dataset:
    """What clean wrote for a source; raises MalmoiError where it was with other parameters than params.yaml has now."""
    params = load_params()
    folder = DATA / "clean" / key
    dataset = Dataset(folder, Manifest.read(folder))
    function: Clean = clean_function(key, pick(params.sources, key, "sources"), params.clean)
    if dataset.manifest.parameters != digest(function):
        raise MalmoiError(
            f"{folder} was made with other parameters or profiles; run dvc repro clean@{key}, then ask again"
        )
    return dataset


def _shown(dataset: Dataset, language: str) -> Iterator[tuple[pa.StringArray, pa.RecordBatch]]:
    """Stored measures with a progress bar."""
    with tqdm(total=dataset.manifest.rows("ledger"), unit="document", desc=dataset.folder.name) as bar:
        for part in stored_measures(dataset, language):
            yield part
            bar.update(len(part[0]))


def _print_effects(found: Effects, name: str, arguments: argparse.Namespace) -> None:
    kept = _share(found.kept, found.documents)
    print(f"\n{found.documents:,} documents in {arguments.language}, profile {name}: {kept} kept\n")
    rows: list[tuple[str, ...]] = [("rule", "unit", "bound", "falls", "alone", "reported")]
    for side in found.sides:
        counts = (_share(count, found.documents) for count in (side.falls, side.alone, side.reported))
        rows.append((side.rule.name, side.rule.unit, _bound(side.bound, side.threshold), *counts))
    _print(rows)
    print("falls: beyond the bound; alone: by no other rule; reported: the first rule that drops it\n")
    pairs = [(found.joint[i, j], i, j) for i in range(len(found.sides)) for j in range(i)]
    pairs = sorted((pair for pair in pairs if pair[0]), reverse=True)[: arguments.pairs]
    if pairs:
        rows = [("fall together", "", "documents")]
        rows += [
            (found.sides[j].rule.name, found.sides[i].rule.name, _share(int(n), found.documents)) for n, i, j in pairs
        ]
        _print(rows)
        print()
    rows = [("near miss of", "bound", "value", "", "document")]
    for side in found.sides:
        for misses, fate in ((side.beyond, "falls"), (side.within, "stays")):
            rows += [(side.rule.name, _bound(side.bound, side.threshold), f"{v:.4g}", fate, n) for n, v in misses]
    if arguments.near:
        _print(rows)


def _bound(bound: str, threshold: float) -> str:
    return f"{'>=' if bound == 'minimum' else '<='} {threshold:g}"


def _range(minimum: float | None, maximum: float | None) -> str:
    return " ".join(
        _bound(name, bound) for name, bound in (("minimum", minimum), ("maximum", maximum)) if bound is not None
    )


def _share(count: int, total: int) -> str:
    return f"{count:,} ({count / max(1, total):.2%})"


def _print(rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their longest cell."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
