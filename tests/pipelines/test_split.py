"""Split: joined, the sentences of a document give its text back."""

from pathlib import Path

from documents import rows_of, write_dataset

from pipelines.core.dataset import Dataset
from pipelines.core.machine import Machine
from pipelines.core.schemas import SENTENCES
from pipelines.core.verbs import Job, run_map
from pipelines.options import SplitOptions
from pipelines.split import Split

TEXTS = ["첫 문장이다. 둘째 문장이다.\nThird sentence. Mr. Kim said so.", "하나뿐인 문장", ""]


def test_sentences_join_to_the_text_and_are_counted(tmp_path: Path) -> None:
    data = write_dataset(tmp_path / "in", [[{"id": str(n), "text": text} for n, text in enumerate(TEXTS)]])
    job = Job("split", tmp_path / "work", Machine(mode="in_memory"))
    manifest = run_map(Split(SplitOptions(backend="rules")), data.tasks("documents"), tmp_path / "out", job)
    rows = rows_of(Dataset.open(tmp_path / "out"))
    assert ["".join(row["sentences"]) for row in rows] == TEXTS
    assert [len(row["sentences"]) for row in rows] == [4, 1, 0]
    assert next(Dataset.open(tmp_path / "out").batches("documents")).schema == SENTENCES
    assert manifest.counts == {"documents": 3, "sentences": 5, "single_sentence_documents": 1}
