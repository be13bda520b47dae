"""What ``gate:`` in params.yaml may say."""

from dataclasses import dataclass
from typing import Annotated

from pipelines.core.options import Pattern


@dataclass(frozen=True, kw_only=True)
class BarOptions:
    """A bar that one number of one metrics file has to meet.

    ``metric`` is ``<file below reports/metrics, without .json>:<key>.<key>``, as in ``evaluate/sentiment:test.mean``.
    """

    metric: Annotated[str, Pattern(r"[a-z0-9_/]+:[^:]+", "<metrics file without .json>:<key>.<key>")]
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, kw_only=True)
class GateOptions:
    """Bars by the name under which the table shows them."""

    bars: dict[str, BarOptions]
