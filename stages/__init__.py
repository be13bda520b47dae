"""One module or package per stage of dvc.yaml, run as ``python -m stages.<name>``."""

import gc
import os

# Threads that spin while they wait for each other take the cores from whoever else needs them: on a busy machine a
# training step then takes twenty times as long. Read when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Imports make a million objects, none of which is garbage: looking through them is a tenth of a stage's start.
gc.set_threshold(50_000, 20, 100)
# A thread of NumPy's linear algebra, of which no stage has use, spins for 60 ms in every process that starts. How many
# there are is read when NumPy is loaded; others, such as torch, are to find what the person has set.
_chosen = os.environ.get("OPENBLAS_NUM_THREADS")
os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy  # noqa: E402, F401

if _chosen is None:
    del os.environ["OPENBLAS_NUM_THREADS"]
else:
    os.environ["OPENBLAS_NUM_THREADS"] = _chosen
