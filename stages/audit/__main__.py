"""Attack data/model and write reports/metrics/audit.json and reports/plots/audit.csv."""

import csv
from pathlib import Path

from pipelines.privacy.canaries import Canary, candidates, generate, paraphrases
from stages.audit.recall import scrub_recall
from stages.audit.residual import residual
from stages.params import load_params
from stages.run import DATA, REPORTS, run, write_metrics


def main() -> None:
    """Attack the model with the canaries and probes of params.yaml."""
    params = load_params()
    options = params.audit
    # Imported here, so that a mistyped parameter does not wait for torch.
    from transformers import AutoModelForMaskedLM  # noqa: PLC0415

    from stages.audit.canaries import Attack, plot_rows, summarise  # noqa: PLC0415
    from stages.audit.probes import ask, probe_metrics  # noqa: PLC0415
    from stages.audit.table import canary_table, probe_table  # noqa: PLC0415
    from stages.evaluate.pretrained import load_model, load_tokenizer  # noqa: PLC0415

    model, tokenizer = load_model(DATA / "model", AutoModelForMaskedLM), load_tokenizer(DATA / "model")
    planted, controls = generate(options.seed, options.repeats, options.per_repeat, options.controls)

    def numbers(canary: Canary) -> list[str]:
        return list(candidates(canary, options.references, options.seed))

    def names(canary: Canary) -> list[str]:
        return [other.name for other in controls if other.language == canary.language and other.name != canary.name]

    reference = None if options.reference is None else load_model(Path(options.reference), AutoModelForMaskedLM).eval()
    attack = Attack(
        model,
        tokenizer,
        numbers,
        paraphrases,
        names,
        strangers=options.strangers,
        linkage_references=options.linkage_references,
        reference=reference,
    )
    findings = attack([*planted, *controls])
    metrics = summarise(findings[: len(planted)], findings[len(planted) :])
    answers = {probe.text: ask(model, tokenizer, probe.text, probe.expected) for probe in options.probes}
    content: dict[str, object] = {"canaries": metrics}
    content["probes"] = {text: probe_metrics(found) for text, found in answers.items()}
    if options.plant == "before_scrub":
        content["scrub"] = scrub_recall(REPORTS / "metrics" / "scrub.json")
    content["residual"] = residual(DATA / "shard", tokenizer.get_vocab())
    write_metrics("audit", content)
    write_plot(REPORTS / "plots" / "audit.csv", plot_rows(metrics))
    print(f"\n{canary_table(metrics)}\n\n{probe_table(answers)}")


def write_plot(path: Path, rows: list[dict[str, float]]) -> None:
    """The rows as a table that ``dvc plots`` shows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    run(main, __doc__)
