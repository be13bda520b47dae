"""Kill a data build at random moments, finish it, and compare its bytes with those of a build that nobody killed.

    python -m benchmarks.killed_builds [--times N] [--documents N]

The whole process group gets SIGKILL, as from a system without memory, at moments spread over the length of a build of
the bundled sample. The project is copied to a folder of its own, and nothing of this checkout changes. DVC writes
dvc.lock in place: where the kill left half of one, it is removed, as the README says, and that is told.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from tqdm import tqdm

from benchmarks.real_corpus import copy_project
from pipelines.core.fingerprint import file_digest

COMMAND = [sys.executable, "-m", "dvc", "repro", "shard"]
RESULTS = ("tokenizer", "shard")


def main() -> None:
    """Build, kill, finish, compare; exits with 1 where a byte differs or a build cannot be finished."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20, help="builds to kill")
    parser.add_argument("--documents", type=int, default=1000, help="documents of the sample")
    parser.add_argument("--seed", type=int, default=1, help="decides the moments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="killed_builds_") as name:
        folder = Path(name)
        copy_project(folder)
        params = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
        params["sample"]["documents"] = arguments.documents
        (folder / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True, sort_keys=False))
        build(folder)  # compiles every loop
        forget(folder)
        began = time.monotonic()
        build(folder)
        length = time.monotonic() - began
        reference = content(folder)
        choose = random.Random(arguments.seed)
        differ = 0
        for _ in tqdm(range(arguments.times), desc="killed builds", unit="build"):
            forget(folder)
            while not (stage := killed(folder, moment := choose.uniform(0, length))):
                forget(folder)  # this build was faster than the first: it had ended by then
            cut = lock_is_cut(folder)
            if cut:
                (folder / "dvc.lock").unlink()
            build(folder)
            same = content(folder) == reference
            differ += not same
            told = ("dvc.lock cut off and removed, " if cut else "") + ("same bytes" if same else "OTHER BYTES")
            tqdm.write(f"killed after {moment:5.1f} of {length:.1f} s, in {stage}: {told}")
    print(f"{arguments.times - differ} of {arguments.times} killed builds ended in the same bytes")
    sys.exit(1 if differ else 0)


def build(folder: Path) -> None:
    """``dvc repro`` of the data half."""
    done = subprocess.run(COMMAND, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the build cannot be finished:\n{done.stdout}{done.stderr}")


def killed(folder: Path, seconds: float) -> str:
    """Start a build, kill it and all that it started after ``seconds``; returns the stage that it was in.

    "" where the build had ended before.
    """
    log = folder / "killed.log"
    with log.open("w") as output:
        running = subprocess.Popen(COMMAND, cwd=folder, stdout=output, stderr=output, start_new_session=True)
        time.sleep(seconds)
        if running.poll() is not None:
            if running.returncode:
                sys.exit(f"the build failed before it was killed:\n{log.read_text(errors='replace')}")
            return ""
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    stages = re.findall(r"Running stage '([^']+)'", log.read_text(errors="replace"))
    return stages[-1] if stages else "the start"


def lock_is_cut(folder: Path) -> bool:
    """Whether DVC can no longer read its own lock file."""
    command = [sys.executable, "-m", "dvc", "status", "params"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode != 0 and "'./dvc.lock'" in done.stdout + done.stderr


def forget(folder: Path) -> None:
    """Remove all that was built."""
    for path in (folder / "data", folder / ".dvc" / "cache", folder / ".dvc" / "tmp"):
        shutil.rmtree(path, ignore_errors=True)
    (folder / "dvc.lock").unlink(missing_ok=True)
    (folder / "data" / "raw").mkdir(parents=True)


def content(folder: Path) -> dict[str, str]:
    """Digest of every file of the results."""
    files = [path for name in RESULTS for path in sorted((folder / "data" / name).rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in files}


if __name__ == "__main__":
    main()
