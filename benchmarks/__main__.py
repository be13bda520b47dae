"""Run every benchmark that needs no GPU, one after the other; ``make bench``.

    python -m benchmarks [DATA]

DATA is a folder of test corpora as benchmarks/real_corpus.py describes it; what needs it is left out without it.
"""

import argparse
import subprocess
import sys
from pathlib import Path

WITH_DATA = (
    "clean_text",
    "published_filters",
    "encode",
    "split_sentences",
    "scrub_text",
    "personal_data",
    "person_names",
    "shard",
    "web_pages",
    "wikipedia",
    "near_duplicates",
    "contamination",
)


def main() -> None:
    """Run them all; the exit status is that of the worst."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    data = parser.parse_args().data
    commands = [["gpu_training"], ["many_documents"]]
    if data.is_dir():
        commands += [[name] for name in WITH_DATA]
        commands.append(["real_corpus", str(data)])
    else:
        print(f"{data}: no such folder, so only the benchmarks that make their own input are run")
    worst = 0
    for name, *arguments in commands:
        print(f"\n== {name}", flush=True)
        worst = max(
            worst, subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments], check=False).returncode
        )
    sys.exit(worst)


if __name__ == "__main__":
    main()
