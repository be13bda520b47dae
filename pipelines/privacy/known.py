"""All kinds of personal data, with their patterns compiled."""

from importlib import import_module

from pipelines.privacy import kinds
from pipelines.privacy.kind import Kind

KINDS: tuple[Kind, ...] = tuple(import_module(f"{kinds.__name__}.{name}").KIND for name in kinds.NAMES)
"""In the order of their names."""
