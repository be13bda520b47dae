"""The files that make a vocabulary a tokenizer: tokenizer.json, tokenizer_config.json and vocab.txt."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.options import TokenizerOptions
from pipelines.text.vocabulary import SPECIAL_TOKENS
from pipelines.text.words import LONGEST_WORD


def tokenizer_json(
    tokens: Sequence[str], options: TokenizerOptions, placeholders: Sequence[str] = ()
) -> dict[str, Any]:
    """Content of tokenizer.json (format of the `tokenizers` library) for ``tokens`` in order of their ids."""
    ids = {token: index for index, token in enumerate(tokens)}
    bert: dict[str, Any] = {"type": "BertPreTokenizer"}
    single_digits = {"type": "Sequence", "pretokenizers": [bert, {"type": "Digits", "individual_digits": True}]}
    first = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, _sequence("A", 0), _separator(0)]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(token, ids[token]) for token in (*SPECIAL_TOKENS, *placeholders)],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            # True would take Hangul syllables apart into jamo.
            "strip_accents": False,
            "lowercase": options.lowercase,
        },
        "pre_tokenizer": single_digits if options.split_digits else bert,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": first,
            "pair": [*first, _sequence("B", 1), _separator(1)],
            "special_tokens": {
                token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in ("[CLS]", "[SEP]")
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": LONGEST_WORD,
            "vocab": ids,
        },
    }


def save_tokenizer(
    tokens: Sequence[str], options: TokenizerOptions, folder: Path, placeholders: Sequence[str] = ()
) -> None:
    """Write what ``transformers.AutoTokenizer.from_pretrained(folder)`` loads; equal tokens give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
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
    _write_json(folder / "tokenizer.json", tokenizer_json(tokens, options, placeholders))
    _write_json(folder / "tokenizer_config.json", config)
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8", newline="\n")


def _added(token: str, index: int) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": index, "content": token, **flags, "special": True}


def _sequence(name: str, segment: int) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": segment}}


def _separator(segment: int) -> dict[str, Any]:
    return {"SpecialToken": {"id": "[SEP]", "type_id": segment}}


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")
