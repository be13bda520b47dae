"""What scrub replaced of the planted canaries: the audit of the data, before any model."""

import json
from pathlib import Path

from pipelines.core.errors import MalmoiError


def scrub_recall(path: Path) -> dict[str, float]:
    """Occurrences of canaries that scrub saw and left in the text, over all sources; recall is the share it replaced.

    ``path`` is the metrics file of scrub. Raises MalmoiError where it is missing or has no such counts.
    """
    try:
        sources = json.loads(path.read_bytes())["sources"].values()
        planted, surviving = (sum(s[f"canaries_{name}"] for s in sources) for name in ("planted", "surviving"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise MalmoiError(f"{path}: missing, or no counts of canaries in it; run dvc repro scrub") from None
    recall = {"recall": round(1 - surviving / planted, 6)} if planted else {}
    return {"canaries_planted": planted, "canaries_surviving": surviving, **recall}
