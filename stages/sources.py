"""List the files of every source: size, digest, compression, encoding, and what is wrong with them."""

import sys
from collections.abc import Iterator
from pathlib import Path

from pipelines.core.errors import MalmoiError
from pipelines.sources.listing import Listing, damages, inspection_version, list_files, summarise, write_listing
from pipelines.sources.storage import scheme_of
from stages.params import load_params
from stages.run import DATA, run, seen, unwatched, write_metrics

_WARNINGS_SHOWN = 20


def main() -> None:
    """Write data/sources/<key>.json for each source; the listing of a source that is gone is removed."""
    sources = load_params().sources
    folder = DATA / "sources"
    metrics, errors, warnings = {}, [], []
    for key, source in sources.items():
        try:
            listing = list_files(key, source, seen(f"sources/{key}", inspection_version(source)))
        except MalmoiError as error:
            errors.append(str(error))
            continue
        write_listing(folder / f"{key}.json", listing)
        metrics[key] = summarise(listing)
        warnings += [f"sources.{key}: {warning}" for warning in (*_unseen(listing), *damages(listing))]
    if errors:
        raise MalmoiError("\n".join(errors))
    for path in folder.iterdir():
        if path.stem not in sources:
            path.unlink()
    write_metrics("sources", metrics)
    for warning in warnings[:_WARNINGS_SHOWN]:
        print(f"warning: {warning}", file=sys.stderr)
    if len(warnings) > _WARNINGS_SHOWN:
        print(f"and {len(warnings) - _WARNINGS_SHOWN} more; data/sources names every file", file=sys.stderr)


def _unseen(listing: Listing) -> Iterator[str]:
    """Warnings where DVC will not see that files change.

    The stage is not one that always runs: then `dvc status` would never say that all is done, and no rebuild would be
    without the network. Listing again is a decision, of a person or a schedule.
    """
    remote = [file.path for file in listing.files if scheme_of(file.path)]
    if remote:
        again = "after a change run dvc repro --single-item --force sources"
        yield f"{remote[0]} is not on this machine: dvc repro does not see when it changes; {again}"
    yield from unwatched((Path(file.path) for file in listing.files if not scheme_of(file.path)), "sources")


if __name__ == "__main__":
    run(main, __doc__)
