"""Pre-train the model of params.yaml on data/shard; also under ``torchrun --nproc-per-node N -m stages.train``."""

from pipelines.core.manifest import verify
from stages.params import load_params
from stages.run import DATA, REPORTS, run, work_folder


def main() -> None:
    params = load_params()
    from stages.train.loop import Paths, pretrain  # noqa: PLC0415  (a mistyped parameter should not wait for torch)
    from stages.train.machine import Machine  # noqa: PLC0415

    machine = Machine.detect()
    paths = Paths(
        shard=DATA / "shard",
        tokenizer=DATA / "tokenizer",
        model=DATA / "model",
        metrics=REPORTS / "metrics" / "train.json",
        train_plot=REPORTS / "plots" / "train.csv",
        validation_plot=REPORTS / "plots" / "validation.csv",
        work=work_folder() / "train",
    )
    if machine.leads:
        verify(paths.shard)
        verify(paths.tokenizer)
    pretrain(params.train, params.model, params.shard.max_length, paths, machine)


if __name__ == "__main__":
    run(main, __doc__)
