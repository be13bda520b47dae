"""Small byte-level and unigram tokenizers as the tokenizer stage writes them, trained by `tokenizers` itself."""

from functools import cache
from typing import Literal

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEXTS = [
    "서울은 대한민국의 수도이다. 나는 서울에 갔다 (안녕).",
    "He's gone to Seoul, 2026. 나의 말모이 사전",
    "번호는 010-1234",
] * 3
Family = Literal["bpe", "unigram"]
FAMILIES: tuple[Family, ...] = ("bpe", "unigram")


@cache
def make_tokenizer(family: Family, *, split_digits: bool = True) -> PreTrainedTokenizerFast:
    trainer: trainers.Trainer
    digits = [pre_tokenizers.Digits(individual_digits=True)] if split_digits else []
    if family == "bpe":
        tokenizer = Tokenizer(models.BPE())
        byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*digits, byte_level])
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=400, special_tokens=SPECIAL, initial_alphabet=byte_level.alphabet(), show_progress=False
        )
    else:
        tokenizer = Tokenizer(models.Unigram())
        strip = normalizers.Strip(left=False, right=True)
        tokenizer.normalizer = normalizers.Sequence([strip, normalizers.Replace(Regex(r"\s+"), " ")])
        metaspace = pre_tokenizers.Metaspace(prepend_scheme="first")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([metaspace, *digits])
        tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
        trainer = trainers.UnigramTrainer(vocab_size=90, special_tokens=SPECIAL, unk_token="[UNK]", show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {f"{token[1:-1].lower()}_token": token for token in SPECIAL}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)
