"""Personal data in Korean and English text: where it stands, and typed placeholders in its stead.

Nothing is imported before it is asked for: ``canaries`` and the names of the placeholders are also needed on machines
that have no compiler.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.privacy.detect import find, scrub, scrub_counted
    from pipelines.privacy.kinds import PLACEHOLDERS
    from pipelines.privacy.known import KINDS
    from pipelines.privacy.options import ScrubOptions

__all__ = ["KINDS", "PLACEHOLDERS", "ScrubOptions", "find", "scrub", "scrub_counted"]

_MODULES = {
    "KINDS": "known",
    "PLACEHOLDERS": "kinds",
    "ScrubOptions": "options",
    "find": "detect",
    "scrub": "detect",
    "scrub_counted": "detect",
}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
