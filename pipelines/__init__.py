"""The data half of Malmoi: raw text in, Arrow out."""

import os

# A thread of NumPy's linear algebra, of which nothing here has use, spins for 60 ms in every process that starts. It
# reads how many to start when NumPy is loaded; others, such as torch, are to find what the person has set.
_chosen = os.environ.get("OPENBLAS_NUM_THREADS")
os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy  # noqa: E402, F401

if _chosen is None:
    del os.environ["OPENBLAS_NUM_THREADS"]
else:
    os.environ["OPENBLAS_NUM_THREADS"] = _chosen
