"""Compare the metrics with the bars in params.yaml; fails with a table of what fell short."""

from pipelines.core.errors import MalmoiError
from stages.gate.verdict import judge, table
from stages.params import load_params
from stages.run import REPORTS, run, write_metrics


def main() -> None:
    """Judge every bar; the verdicts are written before the failure, so that they can be looked at."""
    verdicts = judge(load_params().gate.bars, REPORTS / "metrics")
    write_metrics("gate", {verdict.name: {"measured": verdict.measured, "met": verdict.met} for verdict in verdicts})
    print(table(verdicts))
    short = sum(not verdict.met for verdict in verdicts)
    if short:
        raise MalmoiError(f"{short} of {len(verdicts)} bars not met; the metrics are kept in {REPORTS / 'metrics'}")


if __name__ == "__main__":
    run(main, __doc__)
