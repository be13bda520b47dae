"""One module or package per stage of dvc.yaml, run as ``python -m stages.<name>``."""
