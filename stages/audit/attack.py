"""The attack on a trained model with what ``audit:`` in params.yaml says."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import AutoModelForMaskedLM, PreTrainedModel, PreTrainedTokenizerBase

from pipelines.privacy.canaries import Canary, candidates, paraphrases
from stages.audit.canaries import Attack, summarise
from stages.audit.options import AuditOptions
from stages.evaluate.pretrained import load_model


def canary_metrics(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    options: AuditOptions,
    planted: Sequence[Canary],
    controls: Sequence[Canary],
) -> dict[str, Any]:
    """What ``summarise`` says of the attack on canaries that were planted and on controls that were not."""

    def numbers(canary: Canary) -> list[str]:
        return list(candidates(canary, options.references, options.seed))

    def names(canary: Canary) -> list[str]:
        return [other.name for other in controls if other.language == canary.language and other.name != canary.name]

    reference = None if options.reference is None else load_model(Path(options.reference), AutoModelForMaskedLM).eval()
    attack = Attack(
        model,
        tokenizer,
        numbers,
        paraphrases,
        names,
        strangers=options.strangers,
        linkage_references=options.linkage_references,
        reference=reference,
    )
    findings = attack([*planted, *controls])
    return summarise(findings[: len(planted)], findings[len(planted) :])
