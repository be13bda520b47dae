"""A tokenizer that splits digits, and a small BERT that has learned some numbers by heart and others not."""

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SYLLABLES = "가나다라마바사아자차카타파하"
ENDS = [f"##{piece}" for piece in SYLLABLES + "0123456789의는"]
PIECES = [*"0123456789-.", *SYLLABLES, *ENDS, "의", "는", "번호는", "12"]
STEPS = 250
REFERENCES = 63


@dataclass(frozen=True)
class Canary:
    """The fields of a canary that the attack looks at."""

    name: str
    sentence: str
    number: str
    repeats: int


def number_of(*names: object) -> str:
    """A phone number by hash of ``names``."""
    digits = int.from_bytes(hashlib.blake2b(repr(names).encode(), digest_size=8).digest(), "little") % 10**8
    return f"010-{digits // 10**4:04d}-{digits % 10**4:04d}"


def references(canary: Canary) -> list[str]:
    return [number_of("reference", canary.sentence, index) for index in range(REFERENCES)]


def canary(name: int, repeats: int) -> Canary:
    syllables = [SYLLABLES[name // 14**place % 14] for place in range(3)]
    number = number_of("canary", name)
    owner = "".join(syllables)
    return Canary(owner, f"{owner}의 번호는 {number}.", number, repeats)


def paraphrases(canary: Canary) -> list[str]:
    return [f"{canary.name} {canary.number}"]


def names(canary: Canary) -> list[str]:
    return [other.name for other in controls() if other.name != canary.name]


@cache
def make_tokenizer(*, split_digits: bool = True) -> PreTrainedTokenizerFast:
    vocabulary = {piece: index for index, piece in enumerate([*SPECIAL, *PIECES])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    digits = [pre_tokenizers.Digits(individual_digits=True)] if split_digits else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), *digits])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    names = {f"{token[1:-1].lower()}_token": token for token in SPECIAL}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)


@cache
def untrained() -> BertForMaskedLM:
    torch.set_num_threads(1)  # on a shared machine two threads wait for each other most of the time
    torch.manual_seed(0)
    configuration = BertConfig(
        vocab_size=len(make_tokenizer()),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=40,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return BertForMaskedLM(configuration).eval()


@cache
def planted() -> list[Canary]:
    return [canary(name * 7, repeats) for name, repeats in enumerate([1] * 10 + [32] * 10)]


@cache
def controls() -> list[Canary]:
    return [canary(1000 + name * 7, 1) for name in range(20)]


@cache
def memoriser() -> BertForMaskedLM:
    """Trained on every planted sentence as often as it says, digits masked at all rates."""
    sentences = [canary.sentence for canary in planted() for _ in range(canary.repeats)]
    filler = [canary(2000 + name, 1).sentence for name in range(300)]
    tokenizer = make_tokenizer()
    ids = torch.tensor(tokenizer([*sentences, *filler])["input_ids"])
    model = BertForMaskedLM(untrained().config)
    model.load_state_dict(untrained().state_dict())
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    torch.manual_seed(1)
    for _ in range(STEPS):
        batch = ids[torch.randint(len(ids), (96,))]
        masked = (torch.rand(batch.shape) < torch.rand(len(batch), 1)) & (batch >= len(SPECIAL))
        labels = batch.masked_fill(~masked, -100)
        loss = model(input_ids=batch.masked_fill(masked, tokenizer.mask_token_id), labels=labels).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert np.isfinite(loss.item())
    return model.eval()
