"""The one exception that a user is meant to read."""


class MalmoiError(Exception):
    """What is wrong, where (file, record, parameter) and what to do about it; never text of a document."""
