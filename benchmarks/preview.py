"""The cost preview against what the build then takes: petitions and novels through the data half.

    python -m benchmarks.preview DATA [--times N] [--keep FOLDER]

DATA holds ko_petitions and en_novels. The project is copied to a folder of its own, as in ``benchmarks.real_corpus``;
loops are compiled before anything is measured. On a machine that others use, only the processor time says much.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import real_corpus
from benchmarks.machine import machine_name
from stages.preview.folders import file_bytes

KEYS = ("petitions", "novels")


def main() -> None:
    """Preview, build, print both and write reports/benchmarks/preview.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--times", type=int, default=1, help="so many corpora, each with its words in another order")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it there")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="preview_"))
    try:
        real_corpus.warm_up(arguments.data)
        size = real_corpus.prepare(folder, arguments.data, arguments.times, KEYS)
        expected = preview(folder)
        measured = real_corpus.run(folder, ["shard"])
        result = {"machine": machine_name(), "text_megabytes": round(size / 1e6, 1)}
        result |= compare(expected, measured, folder)
    finally:
        if arguments.keep is None:
            shutil.rmtree(folder)
    target = real_corpus.ROOT / "reports" / "benchmarks" / f"preview_times_{arguments.times}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(table(result))


def preview(folder: Path) -> Any:
    """What the preview says, with the workers that ``real_corpus.run`` has."""
    environment = {**os.environ, "MALMOI_WORKERS": "2"}
    command = [sys.executable, "-m", "stages.preview", "--json", "--no-train"]
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def compare(expected: Any, measured: real_corpus.Measured, folder: Path) -> dict[str, Any]:
    """Expected and actual, side by side."""
    rows: dict[str, list[float]] = {}
    for line in expected["stages"]:
        name = f"{line['stage']}@{line['source']}" if line["source"] else line["stage"]
        rows[f"{name}, wall s"] = [line["wall"]["value"], measured.wall[name]]
        rows[f"{name}, processor s"] = [line["processor"]["value"], measured.processor.get(name, 0.0)]
        rows[f"{name}, process MB"] = [line["memory"]["value"] / 1e6, measured.peak.get(name, 0) / 1e6]
        built = folder / "data" / name.replace("@", "/")
        rows[f"{name}, data MB"] = [line["data"]["value"] / 1e6, file_bytes(built) / 1e6]
    rows["all, processor s"] = [
        sum(line["processor"]["value"] for line in expected["stages"]),
        sum(seconds for name, seconds in measured.processor.items() if name != "start"),
    ]
    rows["all, wall s"] = [expected["wall"]["value"], sum(measured.wall.values())]
    disk = [folder / "data" / each.name for each in (folder / "data").iterdir() if each.name != "raw"]
    rows["all, disk MB"] = [expected["disk"]["value"] / 1e6, _together([*disk, folder / ".dvc" / "cache"]) / 1e6]
    sentences = json.loads((folder / "reports/metrics/shard.json").read_bytes())
    for key in KEYS:
        counts = json.loads((folder / f"reports/metrics/clean/{key}.json").read_bytes())
        source = expected["sources"][key]
        rows[f"{key}, documents kept"] = [source["kept"]["value"], counts["kept"]]
        rows[f"{key}, MB of documents kept"] = [
            next(line for line in expected["stages"] if (line["stage"], line["source"]) == ("clean", key))["data"][
                "value"
            ]
            / 1e6,
            file_bytes(folder / "data/clean" / key) / 1e6,
        ]
        rows[f"{key}, tokens"] = [source["tokens"]["value"], sentences["sources"][key]["tokens"]]
    rows["examples of an epoch"] = [expected["epoch"]["examples"]["value"], sentences["train"]["examples"]]
    return {"expected_and_actual": {name: [round(each, 3) for each in pair] for name, pair in rows.items()}}


def table(result: dict[str, Any]) -> str:
    """One line per figure, with the ratio."""
    lines = [f"{'':38}{'expected':>14}{'actual':>14}{'ratio':>8}"]
    for name, (expected, actual) in result["expected_and_actual"].items():
        ratio = f"{expected / actual:8.2f}" if actual else f"{'-':>8}"
        lines.append(f"{name:38}{expected:>14,.2f}{actual:>14,.2f}{ratio}")
    return "\n".join(lines)


def _together(folders: list[Path]) -> float:
    statuses = (path.stat() for folder in folders for path in folder.rglob("*") if path.is_file())
    return float(sum({(status.st_dev, status.st_ino): status.st_size for status in statuses}.values()))


if __name__ == "__main__":
    main()
