"""The parameters of the data stages. Defaults stand in params.yaml alone: there a change is seen by ``dvc repro``."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pipelines.core.options import Range


@dataclass(frozen=True, kw_only=True)
class CleanOptions:
    """Which documents are kept.

    ``profiles`` names the quality profile of each language that is wanted; documents in other languages are dropped.
    ``foreign_paragraphs``: what becomes of a paragraph of a wanted document in a language without a profile. Runs such
    as ㅋㅋㅋㅋ and !!!! are shortened to ``longest_run`` characters. ``error_budget`` is the share of records that may
    be unreadable before the stage fails. ``page_seconds`` is the processor time in which the text of one web page has
    to be found; whether a page near the limit is quarantined depends on the machine, so it is to be far above what any
    sound page takes.
    """

    profiles: Annotated[dict[str, str], Range(1)]
    foreign_paragraphs: Literal["drop", "keep"]
    longest_run: Annotated[int, Range(2, 100)]
    max_document_bytes: Annotated[int, Range(1024, 1 << 30)]
    page_seconds: Annotated[float, Range(0.1, 3600.0)]
    error_budget: Annotated[float, Range(0.0, 1.0)]


@dataclass(frozen=True, kw_only=True)
class DedupOptions:
    """MinHash with ``bands`` keys of ``rows`` hashes each; pairs that share a key are duplicates from ``threshold`` on.

    ``shingle`` is the number of letters and digits to a shingle, by language; ``other`` stands for the rest.
    ``threshold`` is a Jaccard similarity, estimated from the whole signature.

    A line of ``boilerplate_letters`` or more that ``boilerplate_documents`` of one source hold is boilerplate, and all
    of its occurrences go; a line of ``passage_letters`` or more that several documents of any source hold stays in one.
    """

    seed: Annotated[int, Range(0)]
    bands: Annotated[int, Range(1, 128)]
    rows: Annotated[int, Range(1, 64)]
    threshold: Annotated[float, Range(0.0, 1.0)]
    shingle: dict[str, Annotated[int, Range(1, 256)]]
    boilerplate_documents: Annotated[int, Range(2)]
    boilerplate_letters: Annotated[int, Range(1)]
    passage_letters: Annotated[int, Range(1)]


@dataclass(frozen=True, kw_only=True)
class DecontaminateOptions:
    """A document that holds a ``share`` of the n-grams of a text of an evaluation item contaminates the item.

    ``ngram`` is the number of letters and digits to an n-gram, by the language of the text; ``other`` stands for the
    rest. A shorter text is too short to tell: such formulas recur on their own. ``action``: the lines that hold the
    n-grams are cut, or the whole document is dropped, or it is only reported.
    """

    action: Literal["report", "cut", "drop"]
    share: Annotated[float, Range(0.0, 1.0)]
    ngram: dict[str, Annotated[int, Range(1, 256)]]


@dataclass(frozen=True, kw_only=True)
class NamesOptions:
    """A person's name stays in the text when at least ``documents`` documents of ``sources`` sources carry it.

    Copies do not count. With fewer sources than ``sources`` every name goes.
    """

    documents: Annotated[int, Range(1)]
    sources: Annotated[int, Range(1)]


@dataclass(frozen=True, kw_only=True)
class ShardOptions:
    """How examples are made; lengths in tokens, special tokens included.

    ``objective``: next-sentence prediction (B follows A, or the two are of different documents), sentence-order
    prediction (A and B may be swapped), or plain text without pairs. ``negatives``: the random side of a pair is of the
    same source where that can be, or of the whole corpus. A ``short_fraction`` of examples aims at a random shorter
    length. Training documents are gone through ``duplicate_factor`` times, each time with other choices, validation
    documents once. ``shard_megabytes``: input, as Arrow files, of one bucket at most; memory is a few times that.
    """

    objective: Literal["nsp", "sop", "plain"]
    max_length: Annotated[int, Range(8, 65_536)]
    short_fraction: Annotated[float, Range(0.0, 1.0)]
    duplicate_factor: Annotated[int, Range(1, 1000)]
    negatives: Literal["source", "corpus"]
    validation_fraction: Annotated[float, Range(0.0, 1.0)]
    shard_megabytes: Annotated[int, Range(1, 1024)]
    seed: Annotated[int, Range(0)]


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """``backend``: the compiled rules and classifier, or Kiwi, a morpheme analyser that is an extra of the package."""

    backend: Literal["rules", "kiwi"]


@dataclass(frozen=True, kw_only=True)
class TokenizerOptions:
    """How words are cut out of text, and how many tokens they are made of.

    ``family``: WordPiece (BERT), byte-level byte-pair encoding (GPT-2) or unigram (ALBERT). ``minimum_frequency`` is
    the count below which a pair is not merged and a piece of a word not considered, ``minimum_character_count`` the one
    below which a character becomes [UNK] (1 keeps all; bytes are always kept), ``unused`` the number of free slots for
    later markers, ``model_max_length`` what tokenizer_config.json tells a user about the longest input in tokens.

    ``given``: a tokenizer.json of the same family that is taken as it is, with its own size, case and digits; no words
    are counted then. Across rebuilds ids keep their meaning, and unchanged text is not encoded again.

    ``language_exponent``: shares of the languages in the counts become proportional to their words to this power.
    ``morphemes``: no token is learned across the particle or ending of a Korean word, found by rules or by Kiwi, which
    is an extra of the package; texts are encoded without either.
    """

    family: Literal["wordpiece", "bpe", "unigram"]
    given: str | None
    vocabulary_size: Annotated[int, Range(32, 1 << 20)]
    minimum_frequency: Annotated[int, Range(1)]
    minimum_character_count: Annotated[int, Range(1)]
    unused: Annotated[int, Range(0, 10_000)]
    lowercase: bool
    split_digits: bool
    language_exponent: Annotated[float, Range(0.0, 1.0)]
    morphemes: Literal["none", "rules", "kiwi"]
    model_max_length: Annotated[int, Range(8)]
