"""Random choices without generator state: every one is a hash of the seed and of what is being decided."""

import hashlib


def derive(seed: int, *names: str | int) -> int:
    """A 64-bit seed for one purpose, from the seed in the parameters and names such as a stage or an index."""
    text = "\x1f".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
