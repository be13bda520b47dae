"""List the files of every source: size, digest, compression, encoding, and what is wrong with them."""

from pipelines.core.errors import MalmoiError
from pipelines.sources.listing import list_files, summarise, write_listing
from stages.params import load_params
from stages.run import DATA, run, write_metrics


def main() -> None:
    """Write data/sources/<key>.json for each source; the listing of a source that is gone is removed."""
    sources = load_params().sources
    folder = DATA / "sources"
    metrics, errors = {}, []
    for key, source in sources.items():
        try:
            listing = list_files(key, source)
        except MalmoiError as error:
            errors.append(str(error))
            continue
        write_listing(folder / f"{key}.json", listing)
        metrics[key] = summarise(listing)
    if errors:
        raise MalmoiError("\n".join(errors))
    for path in folder.iterdir():
        if path.stem not in sources:
            path.unlink()
    write_metrics("sources", metrics)


if __name__ == "__main__":
    run(main, __doc__)
