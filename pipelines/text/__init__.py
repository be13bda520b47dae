"""Pure functions over Arrow arrays of text: ``normalise``, ``split_sentences`` and ``Encoder``.

Nothing is imported, and so compiled, before it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.text.encoder import Encoder
    from pipelines.text.normalisation import normalise
    from pipelines.text.sentences import split_sentences

__all__ = ["Encoder", "normalise", "split_sentences"]

_MODULES = {"Encoder": "encoder", "normalise": "normalisation", "split_sentences": "sentences"}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
