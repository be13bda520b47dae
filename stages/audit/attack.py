"""The attack on a trained model with what ``audit:`` in params.yaml says."""

from collections.abc import Sequence
from pathlib import Path

from transformers import AutoModelForMaskedLM, PreTrainedModel, PreTrainedTokenizerBase

from pipelines.privacy.canaries import Canary, candidates, paraphrases
from stages.audit.canaries import Attack, Finding
from stages.audit.options import AuditOptions
from stages.evaluate.pretrained import load_model


def attack(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    options: AuditOptions,
    planted: Sequence[Canary],
    controls: Sequence[Canary],
) -> tuple[list[Finding], list[Finding]]:
    """What is got out of canaries that were planted, and of controls that were not."""

    def numbers(canary: Canary) -> list[str]:
        return list(candidates(canary, options.references, options.seed))

    def names(canary: Canary) -> list[str]:
        return [other.name for other in controls if other.language == canary.language and other.name != canary.name]

    reference = None if options.reference is None else load_model(Path(options.reference), AutoModelForMaskedLM).eval()
    attacker = Attack(
        model,
        tokenizer,
        numbers,
        paraphrases,
        names,
        strangers=options.strangers,
        linkage_references=options.linkage_references,
        reference=reference,
    )
    findings = attacker([*planted, *controls])
    return findings[: len(planted)], findings[len(planted) :]
