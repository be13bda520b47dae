"""Attack data/model and write reports/metrics/audit.json and reports/plots/audit.csv."""

from importlib import import_module

from pipelines.privacy.canaries import generate
from stages.audit.recall import scrub_recall
from stages.audit.residual import residual
from stages.params import load_params
from stages.run import DATA, REPORTS, run, write_metrics, write_plot

_SWEEP = (
    "how good must scrubbing be? Train small models on scrubbed, on raw and on partly scrubbed text of the data half, "
    "as audit.sweep in params.yaml says, attack them, and write reports/metrics/sweep.json and reports/plots/sweep.csv "
    "instead; takes minutes to an hour on a CPU, and goes on where it was interrupted"
)


def main(*, sweep: bool = False) -> None:
    """Attack the model with the canaries and probes of params.yaml, or make a ``sweep`` of models and attack these."""
    if sweep:
        # No import statement: what a sweep runs is nothing that the stage depends on.
        import_module("stages.sweep.command").main()
        return
    params = load_params()
    options = params.audit
    # Imported here, so that a mistyped parameter does not wait for torch.
    from transformers import AutoModelForMaskedLM  # noqa: PLC0415

    from stages.audit.attack import attack  # noqa: PLC0415
    from stages.audit.canaries import plot_rows, summarise  # noqa: PLC0415
    from stages.audit.probes import ask, probe_metrics, rank_metrics  # noqa: PLC0415
    from stages.audit.table import canary_table, probe_table  # noqa: PLC0415
    from stages.evaluate.pretrained import load_model, load_tokenizer  # noqa: PLC0415

    model, tokenizer = load_model(DATA / "model", AutoModelForMaskedLM), load_tokenizer(DATA / "model")
    planted, controls = generate(options.seed, options.repeats, options.per_repeat, options.controls)
    metrics = summarise(*attack(model, tokenizer, options, planted, controls))
    answers = {probe.text: ask(model, tokenizer, probe.text, probe.expected, probe.subject) for probe in options.probes}
    content: dict[str, object] = {"canaries": metrics}
    content["probes"] = {text: probe_metrics(found) for text, found in answers.items()}
    content["probe_ranks"] = rank_metrics(answers.values())
    if options.plant == "before_scrub":
        content["scrub"] = scrub_recall(REPORTS / "metrics" / "scrub.json")
    content["residual"] = residual(DATA / "shard", tokenizer.get_vocab())
    write_metrics("audit", content)
    write_plot("audit", plot_rows(metrics))
    print(f"\n{canary_table(metrics)}\n\n{probe_table(answers)}")


if __name__ == "__main__":
    run(main, __doc__, sweep=_SWEEP)
