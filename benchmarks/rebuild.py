"""What a rebuild costs after one of many files has changed, beside the full build; and that its bytes are the same.

    python -m benchmarks.rebuild DATA [--files N] [--megabytes N] [--given]

The files hold documents of the Korean and English test corpora, repeated with their words in another order until there
is enough. The project is copied to a folder of its own, and nothing of this checkout changes.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import yaml

from benchmarks.clean_text import corpora
from benchmarks.killed_builds import build, content, forget
from benchmarks.machine import machine_name
from benchmarks.real_corpus import PARAMETERS, copy_project

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Build, change a file, build again, compare; writes reports/benchmarks/rebuild.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--megabytes", type=int, default=100, help="text in all")
    parser.add_argument(
        "--given", action="store_true", help="keep the tokenizer of the first build, as tokenizer.given"
    )
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rebuild_"))
    try:
        copy_project(folder)
        _declare(folder, given=None)
        written = write_files(folder / "kept", arguments.data, arguments.files, arguments.megabytes)
        seconds = {}
        for name in ("warm", "full", "rebuild", "scratch"):
            if name != "rebuild":
                forget(folder)
                shutil.copytree(folder / "kept", folder / "data" / "raw" / "own")
                if (folder / "given.json").exists():
                    shutil.copy2(folder / "given.json", folder / "data" / "raw")
            if name in ("rebuild", "scratch"):
                _change(folder / "data" / "raw" / "own" / f"{arguments.files // 2:04d}.txt")
            began = time.monotonic()
            build(folder)
            seconds[name] = round(time.monotonic() - began, 2)
            print(f"{name}: {seconds[name]} s", flush=True)
            if name == "warm" and arguments.given:
                shutil.copy2(folder / "data" / "tokenizer" / "tokenizer.json", folder / "given.json")
                _declare(folder, given="data/raw/given.json")
            if name == "rebuild":
                rebuilt = content(folder)
        same = rebuilt == content(folder)
        result = {
            "machine": machine_name(),
            "files": arguments.files,
            "tokenizer": "given" if arguments.given else "trained",
            "text_megabytes": round(written / 1e6, 1),
            "full_build_seconds": seconds["full"],
            "rebuild_seconds": seconds["rebuild"],
            "share": round(seconds["rebuild"] / seconds["full"], 3),
            "same_bytes_as_from_scratch": same,
        }
        text = json.dumps(result, indent=2)
        print(text)
        target = ROOT / "reports" / "benchmarks" / ("rebuild_given.json" if arguments.given else "rebuild.json")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text + "\n", encoding="utf-8")
        sys.exit(0 if same else 1)
    finally:
        shutil.rmtree(folder)


def write_files(folder: Path, data: Path, files: int, megabytes: int) -> int:
    """Files of documents with a blank line between them; returns the bytes written."""
    choose = random.Random(1)
    documents = [" ".join(text.split())[:4000] for texts in corpora(data).values() for text in texts if len(text) > 100]
    folder.mkdir(parents=True)
    total = 0
    for number in range(files):
        lines: list[str] = []
        size = 0
        while size < megabytes * 1_000_000 // files:
            words = choose.choice(documents).split()
            choose.shuffle(words)
            lines.append(" ".join(words))
            size += len(lines[-1].encode())
        (folder / f"{number:04d}.txt").write_text("\n\n".join(lines), encoding="utf-8")
        total += size
    return total


def _declare(folder: Path, given: str | None) -> None:
    params = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    params["sources"] = {"own": {"format": "text", "path": "data/raw/own/*.txt", "lang": "auto"}}
    for name, value in PARAMETERS.items():
        section, key = name.split(".")
        params[section][key] = value
    params["tokenizer"]["given"] = given
    (folder / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _change(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("\n\n한 문서가 더해졌다. 이 문서는 다른 어떤 글에도 없는 말을 한다. 그래서 다시 만들어야 한다.")


if __name__ == "__main__":
    main()
