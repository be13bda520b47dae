"""The kinds of personal data: every module of this package defines one, as ``KIND``, and has its name.

The names say all that parameters and tokenizers need; ``pipelines.privacy.known`` imports the kinds themselves.
"""

from pkgutil import iter_modules

NAMES: tuple[str, ...] = tuple(sorted(module.name for module in iter_modules(__path__)))

PERSON_NAME = "person_name"
"""The one kind that also depends on how many documents carry a value."""


def placeholder(name: str) -> str:
    """What stands in for personal data of a kind."""
    return f"[{name.upper()}]"


PLACEHOLDERS: tuple[str, ...] = tuple(map(placeholder, NAMES))
"""In the order of ``NAMES``; special tokens of the tokenizer, never masked and never predicted."""
