import json
from pathlib import Path

from pipelines.text import characters


def test_the_table_is_what_tokenizers_does_to_every_code_point() -> None:
    kept = json.loads(Path(characters.__file__).with_name("characters.json").read_text(encoding="utf-8"))
    assert kept == characters.measure()


def test_entries_pack_the_lower_case_and_the_class() -> None:
    table = characters.character_table(lowercase=True, split_digits=True)

    def entry(character: str) -> tuple[str, int]:
        value = int(table[ord(character)])
        return chr(value >> characters.CLASS_BITS), value & 7

    assert entry("Q") == ("q", characters.WORD)
    assert entry("Σ") == ("σ", characters.WORD)
    assert entry("각") == ("각", characters.WORD)
    assert entry("7") == ("7", characters.SINGLE)
    assert entry("漢") == ("漢", characters.SINGLE)
    assert entry("「") == ("「", characters.SINGLE)
    assert entry("\u3000") == ("\u3000", characters.SPACE)
    assert entry("\u200b") == ("\u200b", characters.DROPPED)
    assert entry("\x1f") == ("\x1f", characters.DROPPED)
    assert entry("İ")[1] == characters.DOTTED_I
    assert characters.character_table(lowercase=False, split_digits=False)[ord("7")] & 7 == characters.WORD
