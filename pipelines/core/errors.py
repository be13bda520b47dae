"""The one exception that a user is meant to read."""

import os


class MalmoiError(Exception):
    """What is wrong, where (file, record, parameter) and what to do about it; never text of a document."""


def reason(error: OSError, place: os.PathLike[str] | str = "") -> str:
    """What the system refused and where, in one line, as for a full disk; ``place`` where it does not say it itself."""
    what = os.strerror(error.errno) if error.errno else str(error).splitlines()[0]
    where = next((os.fsdecode(name) for name in (error.filename2, error.filename, place) if name), "")
    return f"{what}: {where}" if where else what
