"""Settings of all tests."""

import os

from hypothesis import settings

# The first example of a test may compile a kernel; time is measured in benchmarks/, not here.
settings.register_profile("malmoi", deadline=None)
settings.load_profile("malmoi")

# The stages that tests start leave no byte code in folders that are compared, nor find any of a source that was
# rewritten within a second.
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
