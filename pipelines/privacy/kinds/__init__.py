"""The kinds of personal data: every module of this package defines one, as ``KIND``."""

from importlib import import_module
from pkgutil import iter_modules

from pipelines.privacy.kind import Kind

KINDS: tuple[Kind, ...] = tuple(
    import_module(f"{__name__}.{module.name}").KIND for module in sorted(iter_modules(__path__), key=lambda m: m.name)
)
"""In the order of their names."""

PLACEHOLDERS: tuple[str, ...] = tuple(kind.placeholder for kind in KINDS)
"""What stands in for personal data; special tokens of the tokenizer, never masked and never predicted."""
