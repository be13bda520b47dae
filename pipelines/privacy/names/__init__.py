"""Names of persons in Korean and English text: where they stand, and what a name is compared by."""

from pipelines.privacy.names.finder import find_names
from pipelines.privacy.names.keys import name_keys

__all__ = ["find_names", "name_keys"]
