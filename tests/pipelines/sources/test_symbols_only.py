"""English with Korean quotes: CP949 without a syllable of Korean in it."""

from pathlib import Path

import pytest

from pipelines.sources.listing import inspect_file


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("The “Company” gives notice ― in English.\n".encode("cp949"), "cp949"),
        ("Müller’s café — naïve “quotes”\n".encode("cp1252"), "utf-8"),
        ("The £ sign\n".encode("latin-1"), "utf-8"),
    ],
)
def test_nothing_but_symbols_beyond_ascii(tmp_path: Path, content: bytes, encoding: str) -> None:
    path = tmp_path / "notice.txt"
    path.write_bytes(content)
    assert inspect_file(str(path), "text").encoding == encoding
