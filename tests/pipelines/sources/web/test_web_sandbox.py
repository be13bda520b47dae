"""The sandbox: what hangs or dies costs one page, and the others come as they would without it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.core.errors import MalmoiError
from pipelines.sources.web import extractor
from pipelines.sources.web.extractor import marked_text
from pipelines.sources.web.sandbox import Sandbox

ROOT = Path(__file__).parents[4]
# Duplicate attributes are looked for among all before: 300,000 distinct ones take some ten seconds.
SLOW = ("<div " + " ".join(f"a{number}=1" for number in range(300_000)) + ">x").encode()

HOSTILE = """
import os, sys, time
sys.path.insert(0, {folder!r})
import extractor

def hostile(page):
    while "HANG" in page:
        pass
    if "SLEEP" in page:
        time.sleep(1000)
    if "ABORT" in page:
        os.abort()
    if "EXIT" in page:
        os._exit(0)
    if "RAISE" in page:
        raise ValueError(page)
    if "EAT" in page:
        bytearray(1 << 31)
    return page.upper()

extractor.marked_text = hostile
extractor.serve(sys.stdin.buffer, sys.stdout.buffer, float(sys.argv[1]))
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "hostile.py"
    path.write_text(HOSTILE.format(folder=str(Path(extractor.__file__).parent)))
    return path


def test_the_same_texts_as_without_it() -> None:
    pages = [f"<p>문서 {number} <a href='/'>x</a></p>" * number for number in range(200)]
    sandbox = Sandbox(30)
    assert sandbox.marked_texts([page.encode() for page in pages]) == [
        (marked_text(page).encode(), "") for page in pages
    ]
    assert sandbox.marked_texts([]) == []
    sandbox.close()


def test_one_process_for_many_batches_and_a_new_one_after_a_bad_page(script: Path) -> None:
    bad = {
        "HANG": "page_time_out",
        "ABORT": "page_crash",
        "EXIT": "page_crash",
        "RAISE": "page_crash",
        "EAT": "page_crash",
    }
    pages = [b"a", b"HANG", b"b", b"ABORT", b"EXIT", b"RAISE", b"c" * 3_000_000, b"EAT", b"d" * 3_000_000, b"HANG"]
    sandbox = Sandbox(0.3, script)
    answers = sandbox.marked_texts(pages)
    assert answers == [(b"", bad[page.decode()]) if page.decode() in bad else (page.upper(), "") for page in pages]
    assert sandbox.marked_texts([b"after"]) == [(b"AFTER", "")]
    sandbox.close()


def test_a_real_page_that_takes_too_long() -> None:
    sandbox = Sandbox(0.3)
    assert sandbox.marked_texts([b"<p>one", SLOW, b"<p>two"]) == [
        (b"<p>one</p>", ""),
        (b"", "page_time_out"),
        (b"<p>two</p>", ""),
    ]
    sandbox.close()


def test_a_process_that_sleeps_is_given_up_by_the_clock(script: Path) -> None:
    sandbox = Sandbox(0.1, script)
    assert sandbox.marked_texts([b"SLEEP", b"b"]) == [(b"", "page_time_out"), (b"B", "")]
    sandbox.close()


def test_a_process_that_was_killed_between_two_batches_blames_no_page(script: Path) -> None:
    sandbox = Sandbox(5, script)
    sandbox.marked_texts([b"a"])
    assert sandbox._process is not None
    os.kill(sandbox._process.pid, signal.SIGKILL)
    sandbox._process.wait()
    assert sandbox.marked_texts([b"b"]) == [(b"B", "")]
    sandbox.close()


def test_a_process_that_does_not_start_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import no_such_module")
    with pytest.raises(MalmoiError, match=r"does not start; this shows why: .*broken\.py"):
        Sandbox(1, tmp_path / "broken.py").marked_texts([b"a"])


def test_the_process_ends_with_its_parent(script: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from pipelines.sources.web.sandbox import Sandbox\n"
        "sandbox = Sandbox(1, Path(sys.argv[1])); sandbox.marked_texts([b'a'])\n"
        "print(sandbox._process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(script)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    deadline = time.monotonic() + 10
    while Path(f"/proc/{done.stdout.strip()}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert done.stdout.strip().isdecimal() and not Path(f"/proc/{done.stdout.strip()}").exists()


def test_neither_clean_nor_the_parent_imports_the_parser() -> None:
    code = (
        "import sys, pipelines.clean; from pipelines.sources.formats import load_format\n"
        "from pipelines.sources.web.sandbox import Sandbox\n"
        "[load_format(name) for name in ('warc', 'wet', 'html')]; Sandbox(5).marked_texts([b'<p>x'])\n"
        "print([name for name in sys.modules if name.startswith(('resiliparse', 'fastwarc'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
