"""Remove what no present params.yaml refers to.

Without an option this removes, and lists with sizes:
  - outputs of sources, tasks and stages that are gone, which DVC leaves behind: data/clean/<source>,
    data/scrub/<source>, data/split/<source>, reports/metrics/clean/<source>.json and so on;
  - results in the work folder (MALMOI_WORK, else data/.work) that no present output was made of, and the
    checkpoints of trainings with other parameters, data or code than the present ones;
  - unfinished files of runs that were killed;
  - compiled loops and tables in ~/.cache/malmoi that no run of any checkout has used for 90 days.
All of it can be built again from data/raw, or be restored by dvc repro while the cache of DVC holds it. Neither
data/raw nor anything that git tracks is touched; results that let a killed run go on are kept, and told.

--cache also removes, for good, whatever the cache of DVC holds beyond the present workspace, and its run cache. This is
dvc gc --workspace: it keeps what dvc.lock and the .dvc files name now. Commits, tags and experiments go on naming older
data by hash, but it can no longer be checked out, unless a remote has it. A remote is a copy of its own: there
dvc gc --workspace --cloud --remote NAME removes the same.

Where text has to be erased: remove it from data/raw or params.yaml, run this, dvc repro, then this with --cache --yes;
in every clone, and with dvc gc --cloud for every remote. In this order nothing runs twice: a stage that reads the
outputs of all sources as one folder runs again when one of them goes.
"""

import argparse

from pipelines.core.errors import MalmoiError
from stages.params import load_params
from stages.prune import cache, compiled
from stages.prune.leftovers import find
from stages.prune.project import Project
from stages.prune.removal import measure, remove, table
from stages.run import guarded

_CACHE = "DVC's cache beyond the present workspace"
_COMPILED = "compiled loops and tables of older sources"
_SHOWN = 12


def main(dry_run: bool, with_cache: bool, certain: bool) -> None:
    """List what is left over, then remove it unless ``dry_run``; the cache only when ``certain``."""
    params = load_params()
    project = Project.read(params)
    leftovers = find(params, project)
    found = dict(leftovers.found)
    if unused := compiled.unused():
        found[_COMPILED] = unused
    if with_cache:
        cache.check_own(project.cache)
        if files := cache.unreferenced(project.cache):
            found[_CACHE] = files
    rows = measure(found)
    print(table(rows, found, _SHOWN))
    for line in leftovers.left_alone:
        print(f"left alone: {line}")
    if with_cache and (late := cache.out_of_date()):
        print(f"warning: out of date: {', '.join(late)}; what they were last made of is kept until dvc repro")
    if dry_run:
        print("nothing was removed")
        return
    if with_cache and not certain:
        raise MalmoiError("nothing was removed; what the cache of DVC loses is lost for good, so add --yes to go on")
    if with_cache:
        cache.collect()
    remove([path for paths in found.values() for path in paths if path.exists() or path.is_symlink()])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m stages.prune", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dry-run", action="store_true", help="list only")
    parser.add_argument("--cache", action="store_true", help="also what DVC's cache holds beyond the present workspace")
    parser.add_argument("--yes", action="store_true", help="certain that the cache is to lose it; needed with --cache")
    arguments = parser.parse_args()
    if arguments.yes and not arguments.cache:
        parser.error("--yes goes with --cache; without it nothing is asked")
    return arguments


if __name__ == "__main__":
    given = _arguments()
    guarded(lambda: main(given.dry_run, given.cache, given.yes))
