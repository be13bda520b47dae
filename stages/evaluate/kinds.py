"""Kinds of task: for each its model head, its labels as training targets, its predictions from the head's outputs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedTokenizerBase,
)

from pipelines.core.errors import MalmoiError
from stages.evaluate.data import Split
from stages.evaluate.options import KindName

IGNORED = -100  # the target of a token that carries no label, as the loss functions of transformers have it
OUTSIDE = "O"


@dataclass(frozen=True)
class Example:
    """One row as the model sees it: token ids, segment ids, training target, index of the word that starts at a token.

    ``target`` is a class, a scaled value, or one tag per token. ``words`` is empty but for tagging; -1 where no word
    starts.
    """

    input_ids: list[int]
    token_type_ids: list[int]
    target: Any
    words: list[int]
    truncated: bool


class Kind(Protocol):
    """What a kind of task must say; made from the training split, which alone decides labels and scale."""

    head: ClassVar[Any]

    @classmethod
    def learn(cls, train: Split) -> "Kind": ...

    @property
    def head_settings(self) -> Mapping[str, Any]:
        """Settings of the head's configuration: outputs and, where transformers needs it, the loss."""

    def encode(self, tokenizer: PreTrainedTokenizerBase, split: Split, max_length: int) -> list[Example]:
        """The rows of ``split``, cut to ``max_length`` tokens."""

    def gold(self, split: Split) -> Any:
        """Gold labels in the form that the metrics take."""

    def predict(self, outputs: Sequence[NDArray[np.float32]], examples: Sequence[Example], split: Split) -> Any:
        """Predictions in the form of ``gold``, from one array of outputs per row."""

    def baselines(self, train: Split, split: Split) -> Mapping[str, Any]:
        """Predictions for ``split`` that use no text; ``majority`` is always among them."""

    def constant(self, predictions: Any) -> bool:
        """Whether the predictions are the same for every row, as those of a model that has learned nothing are."""


@dataclass(frozen=True)
class Classification:
    """One label out of a closed set per text or pair of texts."""

    head: ClassVar[Any] = AutoModelForSequenceClassification
    names: tuple[str, ...]

    @classmethod
    def learn(cls, train: Split) -> "Classification":
        names = tuple(sorted({str(label) for label in train.labels}))
        if len(names) < 2:
            raise MalmoiError(f"{train.path}: only one label, so there is nothing to learn; name another label column")
        return cls(names)

    @property
    def head_settings(self) -> Mapping[str, Any]:
        return {"num_labels": len(self.names), "problem_type": "single_label_classification"}

    def encode(self, tokenizer: PreTrainedTokenizerBase, split: Split, max_length: int) -> list[Example]:
        return encode_texts(tokenizer, split, self.gold(split).tolist(), max_length)

    def gold(self, split: Split) -> NDArray[np.int64]:
        classes = {name: index for index, name in enumerate(self.names)}
        labels = [str(label) for label in split.labels]
        for row, label in enumerate(labels):
            if label not in classes:
                remedy = f"train holds {len(classes)} others; correct the record, or add training rows like it"
                raise MalmoiError(f"{split.where(row)}: its label does not occur in train; {remedy}")
        return np.array([classes[label] for label in labels])

    def predict(
        self, outputs: Sequence[NDArray[np.float32]], examples: Sequence[Example], split: Split
    ) -> NDArray[np.int64]:
        return np.array([int(np.argmax(row)) for row in outputs])

    def baselines(self, train: Split, split: Split) -> Mapping[str, Any]:
        return {"majority": np.full(len(split), np.argmax(np.bincount(self.gold(train))))}

    def constant(self, predictions: NDArray[np.int64]) -> bool:
        return len(np.unique(predictions)) == 1


@dataclass(frozen=True)
class Regression:
    """A number per text or pair of texts; the head learns it in standard deviations from the training mean."""

    head: ClassVar[Any] = AutoModelForSequenceClassification
    mean: float
    deviation: float

    @classmethod
    def learn(cls, train: Split) -> "Regression":
        values = numbers(train)
        if not np.std(values) > 0:
            raise MalmoiError(f"{train.path}: all labels are equal, so there is nothing to learn; name another column")
        return cls(float(np.mean(values)), float(np.std(values)))

    @property
    def head_settings(self) -> Mapping[str, Any]:
        return {"num_labels": 1, "problem_type": "regression"}

    def encode(self, tokenizer: PreTrainedTokenizerBase, split: Split, max_length: int) -> list[Example]:
        scaled = (numbers(split) - self.mean) / self.deviation
        return encode_texts(tokenizer, split, scaled.tolist(), max_length)

    def gold(self, split: Split) -> NDArray[np.float64]:
        return numbers(split)

    def predict(
        self, outputs: Sequence[NDArray[np.float32]], examples: Sequence[Example], split: Split
    ) -> NDArray[np.float64]:
        return np.concatenate(outputs).astype(np.float64) * self.deviation + self.mean

    def baselines(self, train: Split, split: Split) -> Mapping[str, Any]:
        return {"majority": np.full(len(split), self.mean)}

    def constant(self, predictions: NDArray[np.float64]) -> bool:
        # A collapsed head still varies in its last digits with the text; a thousandth of the spread is no prediction.
        return bool(np.ptp(predictions) < 1e-3 * self.deviation)


@dataclass(frozen=True)
class Tagging:
    """One BIO tag per word; a word is known by its first sub-token.

    A word that the tokenizer maps to nothing, or that is cut off by the length limit, is predicted ``O``: it counts.
    """

    head: ClassVar[Any] = AutoModelForTokenClassification
    names: tuple[str, ...]

    @classmethod
    def learn(cls, train: Split) -> "Tagging":
        names = tuple(sorted({tag for tags in train.labels for tag in tags}))
        if len(names) < 2:
            raise MalmoiError(f"{train.path}: fewer than two tags, so there is nothing to learn; name another column")
        return cls(names)

    @property
    def head_settings(self) -> Mapping[str, Any]:
        return {"num_labels": len(self.names)}

    def encode(self, tokenizer: PreTrainedTokenizerBase, split: Split, max_length: int) -> list[Example]:
        classes = {name: index for index, name in enumerate(self.names)}
        # Byte-level tokens hold the space before a word; to other tokenizers it makes no difference.
        texts = [[*words[:1], *(f" {word}" for word in words[1:])] for words in split.texts]
        encoded = tokenizer(texts, truncation=True, max_length=max_length, is_split_into_words=True)
        examples = []
        for tags, encoding in zip(self.gold(split), encoded.encodings, strict=True):
            words, seen = [], -1
            for word in encoding.word_ids:
                words.append(word if word is not None and word > seen else -1)
                seen = max(seen, words[-1])
            # A tag that train does not hold cannot be learned or predicted: in dev and test it counts as a miss.
            target = [IGNORED if word < 0 else classes.get(tags[word], IGNORED) for word in words]
            examples.append(Example(encoding.ids, encoding.type_ids, target, words, bool(encoding.overflowing)))
        return examples

    def gold(self, split: Split) -> list[list[str]]:
        for row, (words, tags) in enumerate(zip(split.texts, split.labels, strict=True)):
            if len(words) != len(tags):
                raise MalmoiError(f"{split.where(row)}: {len(words)} words, {len(tags)} tags; correct the record")
            if not all(tag == OUTSIDE or tag[:2] in ("B-", "I-") for tag in tags):
                raise MalmoiError(f"{split.where(row)}: a tag is not O, B-type or I-type; convert the tags to BIO")
        return split.labels

    def predict(
        self, outputs: Sequence[NDArray[np.float32]], examples: Sequence[Example], split: Split
    ) -> list[list[str]]:
        predictions = []
        for scores, example, words in zip(outputs, examples, split.texts, strict=True):
            tags = [OUTSIDE] * len(words)
            for word, best in zip(example.words, np.argmax(scores, axis=-1), strict=True):
                if word >= 0:
                    tags[word] = self.names[best]
            predictions.append(tags)
        return predictions

    def baselines(self, train: Split, split: Split) -> Mapping[str, Any]:
        """``majority``: the commonest tag; ``dictionary``: the tag it has most often in train, else that."""
        seen: dict[str, Counter[str]] = {}
        for words, tags in zip(train.texts, train.labels, strict=True):
            for word, tag in zip(words, tags, strict=True):
                seen.setdefault(word, Counter())[tag] += 1
        commonest = commonest_tag(sum(seen.values(), Counter()))
        known = {word: commonest_tag(counts) for word, counts in seen.items()}
        return {
            "majority": [[commonest] * len(words) for words in split.texts],
            "dictionary": [[known.get(word, commonest) for word in words] for words in split.texts],
        }

    def constant(self, predictions: list[list[str]]) -> bool:
        return len({tag for tags in predictions for tag in tags}) == 1


KINDS: Mapping[KindName, type[Kind]] = {
    "classification": Classification,
    "pair": Classification,
    "regression": Regression,
    "tagging": Tagging,
}


def encode_texts(
    tokenizer: PreTrainedTokenizerBase, split: Split, targets: Sequence[float], max_length: int
) -> list[Example]:
    """Texts, or pairs of texts cut from the longer side, each with its target."""
    encoded = tokenizer(split.texts, split.pairs or None, truncation=True, max_length=max_length)
    return [
        Example(encoding.ids, encoding.type_ids, target, [], bool(encoding.overflowing))
        for encoding, target in zip(encoded.encodings, targets, strict=True)
    ]


def numbers(split: Split) -> NDArray[np.float64]:
    """Labels as finite numbers; raises MalmoiError for the first that is none."""
    values = np.empty(len(split))
    for row, label in enumerate(split.labels):
        try:
            values[row] = float(label)
        except ValueError:
            values[row] = np.nan
        if not np.isfinite(values[row]):
            raise MalmoiError(f"{split.where(row)}: the label is not a finite number; correct the record")
    return values


def commonest_tag(counts: Counter[str]) -> str:
    """The tag counted most often; of several the first in alphabetical order."""
    return min(counts, key=lambda tag: (-counts[tag], tag))
