"""The unit of Beam work: which bytes of which files one worker reads."""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class FileRange:
    """Bytes ``start`` to ``stop`` (-1: the end) of a file whose content has this digest.

    ``bytes`` is the size of a file that is not on this machine.
    """

    path: str
    digest: str
    start: int = 0
    stop: int = -1
    bytes: int = 0


@dataclass(frozen=True)
class Task:
    """Ordered inputs and whatever else decides the output; what is in here, and no more, may influence the result.

    ``extra`` holds JSON values. The path of an input is where to find it, not what it is: a function whose result
    depends on a file's name is told the name in ``extra``.
    """

    name: str
    inputs: tuple[FileRange, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)

    def identity(self) -> dict[str, Any]:
        """Everything that decides the result, as JSON."""
        ranges = [[part.digest, part.start, part.stop] for part in self.inputs]
        return {"inputs": ranges, "extra": dict(self.extra)}

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Task":
        fields = json.loads(text)
        return cls(fields["name"], tuple(FileRange(**part) for part in fields["inputs"]), fields["extra"])


def named_by_source(tasks: Mapping[str, Iterable[Task]]) -> tuple[Task, ...]:
    """Tasks of all sources, in their order, each named after its source too."""
    return tuple(replace(task, name=f"{source}/{task.name}") for source, own in tasks.items() for task in own)
