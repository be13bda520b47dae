"""How good must scrubbing be? Trains the same seed on scrubbed text, on raw text and on text with a share of misses."""

from dataclasses import asdict
from typing import Any

from pipelines.core.machine import Machine
from pipelines.core.manifest import verify
from pipelines.privacy.canaries import generate
from stages.params import load_params
from stages.run import DATA, REPORTS, work_folder, write_metrics, write_plot
from stages.sweep.arms import SCRUBBED, arms, build
from stages.sweep.corpus import read_corpus
from stages.sweep.figures import beyond_null_band, rows, sweep_table

WORK = "sweep"


def main() -> None:
    """Measure every arm and write reports/metrics/sweep.json and reports/plots/sweep.csv after each."""
    params = load_params()
    options, audit = params.audit.sweep, params.audit
    work = work_folder() / WORK
    verify(DATA / "tokenizer")
    corpus = read_corpus(DATA, tuple(params.sources), options, work, Machine.from_environment())
    planted, controls = generate(audit.seed, options.repeats, options.per_repeat, audit.controls)
    measured: dict[str, dict[str, Any]] = {}
    wanted = arms(options.shares)
    for number, arm in enumerate(wanted, 1):
        print(f"arm {number} of {len(wanted)}: {arm.name}", flush=True)
        built = build(arm, corpus, planted, params, DATA, work)
        from stages.sweep.measure import measure  # noqa: PLC0415  (torch; too few documents should not wait for it)

        found = measure(built, DATA / "tokenizer", planted, controls, params, work)
        measured[arm.name] = {
            "share": arm.share,
            "secrets_missed": len(built.missed),
            "copies_missed": built.copies_missed,
            "copies_surviving": built.copies_surviving,
            **found,
        }
        _write(measured, {"documents": len(corpus.keys), "bytes": corpus.bytes}, asdict(options))
    figures = rows(measured)
    canaries = measured[wanted[0].name]["canaries"]
    print(f"\n{sweep_table(figures, canaries['null_mean'], canaries['highest_possible'])}")
    print(f"\n{REPORTS / 'metrics' / 'sweep.json'} has all of it; python -m stages.report draws it")


def _write(measured: dict[str, dict[str, Any]], corpus: dict[str, int], options: dict[str, Any]) -> None:
    figures = rows(measured)
    content = {"arms": measured, "corpus": corpus, "options": options}
    if SCRUBBED in measured:
        content["scrubbed_beyond_null_band"] = round(beyond_null_band(figures, 0.0), 6)
    write_metrics(WORK, content)
    write_plot(WORK, list(map(asdict, figures)))
