"""A job with an empty task for every worker: its time is what starting the workers costs."""

from pipelines.core.machine import Machine
from pipelines.core.runner import run_each
from stages.run import guarded


def nothing(element: str) -> None:
    """The work of a task."""


def main() -> None:
    """Run the job the way a large one is run."""
    machine = Machine.from_environment()
    if not machine.needs_beam(1 << 62):
        return
    run_each(machine, 1 << 62, [str(worker) for worker in range(machine.workers)], nothing)


if __name__ == "__main__":
    guarded(main)
