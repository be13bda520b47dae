"""What the ``draw`` of several kinds is made of."""

import re
from random import Random


def fill(layout: str, random: Random) -> str:
    """``layout`` with a random digit for each #, and one from 2 to 9 for each N."""
    return re.sub("[#N]", lambda place: str(random.randrange(2 if place[0] == "N" else 0, 10)), layout)
