"""The secret key of the surrogates.

Whoever has it can try values until a surrogate comes out; without it nothing leads from a surrogate back to the value,
so once the key is destroyed, surrogates are irreversible. It is read from the environment in every process that needs
it and goes nowhere else: into no parameter, artifact, log or message, and it cannot be pickled.
"""

import hmac
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from pipelines.core.errors import MalmoiError, reason
from pipelines.privacy.surrogates import Draws

VARIABLE, FILE_VARIABLE = "MALMOI_SCRUB_KEY", "MALMOI_SCRUB_KEY_FILE"
_HEXADECIMAL = re.compile("(?:[0-9a-fA-F]{2}){32,}")
_FEWEST_DIGITS = 8  # that differ; of keys drawn at random, one in 10¹⁸ has fewer
_REMEDY = (
    "make one with python -c 'import secrets; print(secrets.token_hex(32))' > FILE, outside of the repository, and set "
    f"{FILE_VARIABLE}=FILE, or {VARIABLE} to its content"
)


class ScrubKey:
    """32 bytes or more, given as hexadecimal digits; ``name`` says in errors where they come from.

    Raises MalmoiError for anything else, which does not show it.
    """

    def __init__(self, hexadecimal: str, name: str = "key of the surrogates") -> None:
        if not _HEXADECIMAL.fullmatch(hexadecimal) or len(set(hexadecimal.lower())) < _FEWEST_DIGITS:
            raise MalmoiError(f"{name}: no 64 hexadecimal digits or more, drawn at random; {_REMEDY}")
        self._key = bytes.fromhex(hexadecimal)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "ScrubKey":
        """The key in MALMOI_SCRUB_KEY, or in the file that MALMOI_SCRUB_KEY_FILE names; raises MalmoiError."""
        given = [name for name in (VARIABLE, FILE_VARIABLE) if name in environment]
        if not given:
            raise MalmoiError(f"scrub.replacement asks for surrogates, and no key is given; {_REMEDY}")
        if len(given) > 1:
            raise MalmoiError(f"both {VARIABLE} and {FILE_VARIABLE} are set; unset the one that is not meant")
        if given == [VARIABLE]:
            return cls(environment[VARIABLE].strip(), VARIABLE)
        path = Path(environment[FILE_VARIABLE])
        try:
            content = path.read_bytes()
        except OSError as error:
            raise MalmoiError(f"{FILE_VARIABLE}: {reason(error, path)}; {_REMEDY}") from None
        return cls(content.decode("ascii", "replace").strip(), f"{FILE_VARIABLE}, {path}")

    @property
    def fingerprint(self) -> str:
        """Tells keys apart (64 bits, hex); nothing of the key follows from it."""
        return hmac.digest(self._key, b"fingerprint", "sha256")[:8].hex()

    def draws(self, kind: str, value: str) -> Draws:
        """The draws for a normalised value of a kind."""
        return Draws(hmac.digest(self._key, f"{kind}\x1f{value}".encode(), "sha256"))

    def __repr__(self) -> str:
        return f"ScrubKey(fingerprint={self.fingerprint})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled: each process reads it from the environment")
