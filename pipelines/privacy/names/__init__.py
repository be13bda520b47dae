"""Names of persons in Korean and English text: where they stand, and what a name is compared by."""

from pipelines.privacy.names.finder import (
    MOST_READINGS,
    READING,
    Found,
    Known,
    find_all_names,
    find_names,
    has_long_line,
)
from pipelines.privacy.names.keys import name_keys

__all__ = ["MOST_READINGS", "READING", "Found", "Known", "find_all_names", "find_names", "has_long_line", "name_keys"]
