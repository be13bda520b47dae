"""What is planted behind the scrubber's back stays as it is; all else is scrubbed, in the same document too."""

from pathlib import Path

import pyarrow as pa

from pipelines.core.arrow import ShardWriter
from pipelines.core.fingerprint import file_digest
from pipelines.core.schemas import DOCUMENT
from pipelines.core.tasks import FileRange, Task
from pipelines.privacy.options import ScrubOptions
from pipelines.scrub import Scrub
from stages.sweep.scrubbing import ScrubWithMisses

SENTENCE = "연락처: 탁겸굳 010-2345-6789"
TEXTS = ["첫 줄이다.\n문의는 02-123-4567로 한다.", "둘째 글이다.\n더 쓴다.", "셋째 글이다."]


def test_the_same_sentence_goes_where_it_is_scrubbed_and_stays_where_it_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "0.arrow"
    rows = [
        {"id": f"news:{row}", "source": "news", "lang": "ko", "text": text, "meta": "{}"}
        for row, text in enumerate(TEXTS)
    ]
    with ShardWriter(path, DOCUMENT) as writer:
        writer.write(pa.RecordBatch.from_pylist(rows, DOCUMENT))
    extra = {"drop": [2], "plant": [[1, SENTENCE, "010-2345-6789"]], "missed": [["news:0", SENTENCE]], "public": []}
    task = Task("0", (FileRange(str(path), file_digest(path)),), extra)
    scrub = Scrub(ScrubOptions(kinds=None, replacement={"default": "placeholder"}), "before_scrub")
    (documents,) = [batch for output, batch in ScrubWithMisses(scrub)(task) if output == "documents"]
    assert documents["id"].to_pylist() == ["news:0", "news:1"]
    missed, scrubbed = documents["text"].to_pylist()
    assert SENTENCE in missed.split("\n") and "02-123-4567" not in missed and "[PHONE]" in missed
    assert "010-2345-6789" not in scrubbed and "[PHONE]" in scrubbed
