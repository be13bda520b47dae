"""The model card that is saved beside the weights."""

from collections.abc import Mapping
from typing import Any

_TEMPLATE = """---
library_name: transformers
pipeline_tag: fill-mask
tags: [bert, malmoi]
---

# {preset} BERT, pre-trained with Malmoi

{layers} layers of width {width}, {parameters:,} parameters, {vocabulary:,} tokens, pieces of up to {longest} tokens.
Trained from scratch to fill in masked words and to tell which sentence pairs belong together, on {tokens:,} tokens in
{steps:,} steps ({epochs:.2f} passes over the training shards).

    from transformers import AutoModelForPreTraining, AutoTokenizer
    model = AutoModelForPreTraining.from_pretrained("data/model")
    tokenizer = AutoTokenizer.from_pretrained("data/model")

## Training data

The example shards whose `data/shard/manifest.json` has the digest (BLAKE2b, 128 bits)
`{manifest}`. How they were made, from which sources and with which parameters, is
recorded by the pipeline that built them. Personal data was replaced by placeholders such as `[PHONE]`, which the model
is never trained to predict.

## Scores on held-out documents

| | this model | most frequent answer |
|---|---|---|
{scores}

## Parameters

{parameters_table}

## Limits

It knows what its corpus says, mistakes and prejudices included, and gives no guarantee of truth. Pieces longer than
{longest} tokens have to be split. Personal data that no detector found may have been learned; see the audit report.
"""


def render(
    *,
    preset: str,
    config: Any,
    metrics: Mapping[str, Any],
    manifest: str,
    options: Mapping[str, object],
) -> str:
    """Markdown text of the card."""
    measured, guessed = metrics["validation"], metrics["baseline"]
    scores = [
        f"| {name.replace('_', ' ')} | {value:.4f} | {guessed[name]:.4f} |" for name, value in sorted(measured.items())
    ]
    return _TEMPLATE.format(
        preset=preset,
        layers=config.num_hidden_layers,
        width=config.hidden_size,
        vocabulary=config.vocab_size,
        longest=config.max_position_embeddings,
        parameters=metrics["parameters"],
        tokens=metrics["tokens"],
        steps=metrics["steps"],
        epochs=metrics["epochs"],
        manifest=manifest,
        scores="\n".join(scores),
        parameters_table="\n".join(f"- `{name}`: {value}" for name, value in options.items()),
    )
