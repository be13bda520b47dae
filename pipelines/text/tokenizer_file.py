"""The files that make a vocabulary a tokenizer: tokenizer.json, tokenizer_config.json and vocab.txt."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.core.errors import MalmoiError
from pipelines.core.files import write_file
from pipelines.options import TokenizerOptions
from pipelines.text.cutting import LONGEST_WORD
from pipelines.text.encoder import read_tokenizer
from pipelines.text.unigram import METASPACE, NORMALIZER
from pipelines.text.vocabulary import SPECIAL_TOKENS, Vocabulary

_SINGLE_DIGITS: dict[str, Any] = {"type": "Digits", "individual_digits": True}


def tokenizer_json(
    vocabulary: Vocabulary, options: TokenizerOptions, placeholders: Sequence[str] = ()
) -> dict[str, Any]:
    """Content of tokenizer.json (format of the `tokenizers` library) for a vocabulary of the family of ``options``."""
    ids = {token: index for index, token in enumerate(vocabulary.tokens)}
    first = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, _sequence("A", 0), _separator(0)]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(token, ids[token]) for token in (*SPECIAL_TOKENS, *placeholders)],
        **_FAMILIES[options.family](vocabulary, ids, options),
        "post_processor": {
            "type": "TemplateProcessing",
            "single": first,
            "pair": [*first, _sequence("B", 1), _separator(1)],
            "special_tokens": {
                token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in ("[CLS]", "[SEP]")
            },
        },
    }


def save_tokenizer(
    vocabulary: Vocabulary, options: TokenizerOptions, folder: Path, placeholders: Sequence[str] = ()
) -> None:
    """Write what ``transformers.AutoTokenizer.from_pretrained(folder)`` loads; equal tokens give equal bytes."""
    content = json.dumps(tokenizer_json(vocabulary, options, placeholders), ensure_ascii=False, indent=2) + "\n"
    _save(content.encode(), vocabulary.tokens, options, folder, placeholders)


def keep_tokenizer(given: Path, options: TokenizerOptions, folder: Path, placeholders: Sequence[str] = ()) -> int:
    """As ``save_tokenizer``, with the tokenizer.json ``given``; returns the number of its tokens.

    Raises MalmoiError where it is of another family or lacks a token that the examples are made with.
    """
    file = read_tokenizer(given)
    if file.family != options.family:
        raise MalmoiError(f"{given}: a tokenizer of the family {file.family}; set tokenizer.family to {file.family}")
    missing = [token for token in (*SPECIAL_TOKENS, *placeholders) if token not in file.added]
    if missing:
        raise MalmoiError(
            f"{given}: {', '.join(missing)} missing from its added tokens; give one that the tokenizer stage built "
            "with the kinds of personal data that there are now, or set tokenizer.given to null"
        )
    tokens = sorted(file.ids, key=file.ids.__getitem__)
    if [file.ids[token] for token in tokens] != list(range(len(tokens))):
        raise MalmoiError(f"{given}: its ids are not 0 to {len(tokens) - 1}, each once; give another or set null")
    _save(given.read_bytes(), tokens, options, folder, placeholders)
    return len(tokens)


def _save(
    content: bytes, tokens: Sequence[str], options: TokenizerOptions, folder: Path, placeholders: Sequence[str]
) -> None:
    config = {
        # The class that takes tokenizer.json as it is: BertTokenizer would build its own rules from the vocabulary and
        # lose the single digits.
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": options.model_max_length,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        "additional_special_tokens": list(placeholders),
        "clean_up_tokenization_spaces": False,
        **{f"{token[1:-1].lower()}_token": token for token in SPECIAL_TOKENS},
    }
    write_file(folder / "tokenizer.json", content)
    write_file(folder / "tokenizer_config.json", (json.dumps(config, ensure_ascii=False, indent=2) + "\n").encode())
    write_file(folder / "vocab.txt", "".join(f"{token}\n" for token in tokens).encode())


def _wordpiece(vocabulary: Vocabulary, ids: Mapping[str, int], options: TokenizerOptions) -> dict[str, Any]:
    bert = {"type": "BertPreTokenizer"}
    return {
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            # True would take Hangul syllables apart into jamo.
            "strip_accents": False,
            "lowercase": options.lowercase,
        },
        "pre_tokenizer": _in_turn(bert, _SINGLE_DIGITS) if options.split_digits else bert,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": LONGEST_WORD,
            "vocab": ids,
        },
    }


def _byte_pairs(vocabulary: Vocabulary, ids: Mapping[str, int], options: TokenizerOptions) -> dict[str, Any]:
    bytes_ = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "normalizer": None,
        # Digits first: behind ByteLevel it would take some bytes of other characters for numerals.
        "pre_tokenizer": _in_turn(_SINGLE_DIGITS, bytes_) if options.split_digits else bytes_,
        "decoder": bytes_,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": ids,
            "merges": [list(pair) for pair in vocabulary.merges],
        },
    }


def _unigram(vocabulary: Vocabulary, ids: Mapping[str, int], options: TokenizerOptions) -> dict[str, Any]:
    return {
        "normalizer": NORMALIZER,
        "pre_tokenizer": _in_turn(METASPACE, _SINGLE_DIGITS) if options.split_digits else METASPACE,
        "decoder": METASPACE,
        "model": {
            "type": "Unigram",
            "unk_id": ids["[UNK]"],
            "vocab": [list(pair) for pair in zip(vocabulary.tokens, vocabulary.scores, strict=True)],
            "byte_fallback": False,
        },
    }


_FAMILIES = {"wordpiece": _wordpiece, "bpe": _byte_pairs, "unigram": _unigram}


def _in_turn(*steps: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Sequence", "pretokenizers": list(steps)}


def _added(token: str, index: int) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": index, "content": token, **flags, "special": True}


def _sequence(name: str, segment: int) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": segment}}


def _separator(segment: int) -> dict[str, Any]:
    return {"SpecialToken": {"id": "[SEP]", "type_id": segment}}
