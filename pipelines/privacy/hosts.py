"""Planted values within the corpus' own documents, as they stand there when the detectors come to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.core.dataset import Dataset
from pipelines.core.errors import MalmoiError
from pipelines.core.keys import hash_array
from pipelines.privacy.disguises import Planted
from pipelines.text.normalisation import normalise
from pipelines.text.repair import repair

LANGUAGES = ("ko", "en")
_HOSTS = 2000
"""So many documents of a language host values; they take turns."""
_AROUND = 400  # characters of the document on either side that no detector looks beyond

Hosts = Mapping[str, Sequence[str]]
"""Texts of documents by language."""


def choose_hosts(sources: Iterable[Dataset], seed: int) -> Hosts:
    """Texts of the documents with the lowest hashes of their ids, by language, whatever the order of the sources.

    Raises MalmoiError where there is no document in a language that values are planted in.
    """
    keys: dict[str, NDArray[np.uint64]] = {language: np.zeros(0, np.uint64) for language in LANGUAGES}
    texts: dict[str, pa.Array] = {language: pa.array([], pa.string()) for language in LANGUAGES}
    for source in sources:
        for batch in source.batches("documents"):
            for language in LANGUAGES:
                documents = batch.filter(pc.equal(batch["lang"], language))
                hashed = np.concatenate((keys[language], hash_array(documents["id"], seed)))
                lowest = np.argsort(hashed, kind="stable")[:_HOSTS]
                keys[language] = hashed[lowest]
                texts[language] = pa.concat_arrays([texts[language], documents["text"]]).take(pa.array(lowest))
    hosts = {language: chosen.to_pylist() for language, chosen in texts.items() if len(chosen)}
    if not hosts:
        raise MalmoiError("recall.hosts: data/clean has no document in ko or en to plant values in; set invented")
    return hosts


def plant_in_documents(planted: Sequence[Planted], hosts: Hosts, longest_run: int, seed: int) -> list[Planted]:
    """Each sentence as a line of a document of its language, both as ``clean`` leaves them, the same for the same seed.

    Where no host is of its language, a sentence is read in that of the document it stands in. A value that ``clean``
    leaves nothing of, or of which it changes how its characters are grouped, is left out.
    """
    random = Random(f"{seed} hosts")
    found = []
    for each, sentence, value in zip(planted, *_cleaned(planted, longest_run), strict=True):
        start = _nearest(sentence, value, each.start)
        language = each.language if each.language in hosts else random.choice(sorted(hosts))
        lines = random.choice(hosts[language]).split("\n")
        line = random.randrange(len(lines) + 1)
        if start is None:
            continue
        before = "\n".join((*lines[:line], ""))[-_AROUND:]
        after = "\n".join(("", *lines[line:]))[:_AROUND]
        start += len(before)
        text = before + sentence + after
        found.append(replace(each, text=text, start=start, end=start + len(value), language=language))
    return found


def _cleaned(planted: Sequence[Planted], longest_run: int) -> tuple[list[str], list[str]]:
    """Sentences and values as ``clean`` leaves text that has no markup."""
    sentences = [each.text for each in planted]
    # Between spaces, as in a sentence, by which it is told what fillers stand for; those at its ends go.
    values = [f" {each.text[each.start : each.end]} " for each in planted]
    cleaned = (repair(normalise(pa.array(texts, pa.string())), longest_run) for texts in (sentences, values))
    first, second = (texts.to_pylist() for texts in cleaned)
    return first, second


def _nearest(text: str, value: str, place: int) -> int | None:
    """Where ``value`` stands in ``text``, nearest to ``place``; None where it does not, or is empty."""
    if not value:
        return None
    places = [start for start in (text.rfind(value, 0, place + len(value)), text.find(value, place)) if start >= 0]
    return min(places, key=lambda start: abs(start - place), default=None)
