"""What scrub replaced of the planted canaries: the audit of the data, before any model."""

import json
from collections.abc import Iterable
from pathlib import Path

from pipelines.core.errors import MalmoiError


def scrub_recall(folder: Path, sources: Iterable[str]) -> dict[str, float]:
    """Occurrences of canaries that scrub saw and left in the text, over all sources; recall is the share it replaced.

    ``folder`` holds one metrics file per source. Raises MalmoiError where one is missing or has no such counts.
    """
    planted = surviving = 0
    for source in sources:
        path = folder / f"{source}.json"
        try:
            counts = json.loads(path.read_bytes())
            planted, surviving = planted + counts["canaries_planted"], surviving + counts["canaries_surviving"]
        except (OSError, ValueError, KeyError):
            raise MalmoiError(f"{path}: missing, or no counts of canaries in it; run dvc repro scrub") from None
    recall = {"recall": round(1 - surviving / planted, 6)} if planted else {}
    return {"canaries_planted": planted, "canaries_surviving": surviving, **recall}
