"""Fine-tune data/model on one task and write its scores to reports/metrics/evaluate/<task>.json."""

from pipelines.core.errors import MalmoiError
from stages.params import load_params
from stages.run import DATA, run, write_metrics


def main(task: str) -> None:
    """Evaluate one task of params.yaml."""
    options = load_params().evaluate
    if task not in options.tasks:
        raise MalmoiError(f"--task {task}: params.yaml has no such task; there are {', '.join(options.tasks)}")
    from stages.evaluate.task import SCORED, evaluate_task  # noqa: PLC0415  (a mistyped parameter does not wait for torch)

    metrics = evaluate_task(task, options, DATA / "model")
    write_metrics(f"evaluate/{task}", metrics)
    for split in SCORED:
        found = metrics[split]
        spread = f"{found['mean']:.3f} (seeds {found['minimum']:.3f} to {found['maximum']:.3f})"
        print(f"{task} {split}: {options.tasks[task].metric} {spread}, majority {found['majority_baseline']:.3f}")
    if metrics["constant_predictions"]:
        print(f"{task}: {metrics['constant_predictions']} of {len(options.seeds)} seeds predict one label for all rows")


if __name__ == "__main__":
    run(main, __doc__, "task")
