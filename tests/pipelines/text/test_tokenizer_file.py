from pathlib import Path

import pyarrow as pa
import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer, BertConfig

from pipelines.options import TokenizerOptions
from pipelines.text.encoder import Encoder
from pipelines.text.tokenizer_file import save_tokenizer
from pipelines.text.vocabulary import SPECIAL_TOKENS, train
from pipelines.text.words import count_words

PLACEHOLDERS = ("[PHONE]", "[EMAIL]")
TEXTS = [
    "말모이는 사전이다. 사전을 1911년에 만들었다.",
    "[PHONE]으로 전화하세요. Write to [EMAIL]!",
    "Write 말모이 2 x [MASK]",
]


@pytest.fixture(params=[False, True], ids=["words", "single digits"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    options = TokenizerOptions(
        family="wordpiece",
        given=None,
        vocabulary_size=200,
        minimum_frequency=1,
        minimum_character_count=1,
        unused=4,
        lowercase=False,
        split_digits=request.param,
        language_exponent=1.0,
        morphemes="none",
        model_max_length=128,
    )
    words, counts = count_words(
        pa.array(TEXTS), lowercase=False, split_digits=options.split_digits, placeholders=PLACEHOLDERS
    )
    tokens = train(words, counts, options, PLACEHOLDERS)
    for name in ("one", "two"):
        save_tokenizer(tokens, options, tmp_path / name, PLACEHOLDERS)
    return tmp_path


def test_transformers_loads_it_with_the_ids_of_tokenizers_and_of_the_encoder(folder: Path) -> None:
    path = folder / "one"
    # A model's config.json beside it must not make transformers take another class with other rules.
    BertConfig(vocab_size=200).save_pretrained(path)
    tokenizer = AutoTokenizer.from_pretrained(path)
    expected = Tokenizer.from_file(str(path / "tokenizer.json")).encode_batch(TEXTS, add_special_tokens=False)
    assert tokenizer(TEXTS, add_special_tokens=False)["input_ids"] == [one.ids for one in expected]
    assert Encoder(path / "tokenizer.json").encode(pa.array(TEXTS)).to_pylist() == [one.ids for one in expected]
    assert tokenizer.is_fast and len(tokenizer) == 200 and tokenizer.model_max_length == 128


def test_special_tokens_and_placeholders_are_single_ids_in_order(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder / "one")
    names = [*SPECIAL_TOKENS, *PLACEHOLDERS, "[unused0]", "[unused3]"]
    assert tokenizer.convert_tokens_to_ids(names) == [0, 1, 2, 3, 4, 5, 6, 7, 10]
    assert [tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.cls_token_id] == [0, 1, 2]
    assert [tokenizer.sep_token_id, tokenizer.mask_token_id] == [3, 4]
    assert set(PLACEHOLDERS) <= set(tokenizer.all_special_tokens)
    assert tokenizer("[PHONE]으로", add_special_tokens=False)["input_ids"][0] == 5


def test_pairs_are_wrapped_and_decoded_as_bert_does(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder / "one")
    pair = tokenizer("말모이는", "사전을")
    tokens = tokenizer.convert_ids_to_tokens(pair["input_ids"])
    assert tokens[0] == "[CLS]" and tokens[-1] == "[SEP]" and tokens.count("[SEP]") == 2
    assert pair["token_type_ids"] == [0] * (tokens.index("[SEP]") + 1) + [1] * (len(tokens) - tokens.index("[SEP]") - 1)
    assert tokenizer.decode(pair["input_ids"], skip_special_tokens=True) == "말모이는 사전을"


def test_files_are_the_same_bytes_each_time(folder: Path) -> None:
    names = sorted(path.name for path in (folder / "two").iterdir())
    assert names == ["tokenizer.json", "tokenizer_config.json", "vocab.txt"]
    for name in names:
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()
    assert (folder / "one" / "vocab.txt").read_text("utf-8").split("\n")[:2] == ["[PAD]", "[UNK]"]
