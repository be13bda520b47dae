"""One module or package per stage of dvc.yaml, run as ``python -m stages.<name>``."""

import os

# Threads that spin while they wait for each other take the cores from whoever else needs them: on a busy machine a
# training step then takes twenty times as long. Read when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
