"""Raw files as documents: list them, cut them into tasks, read the tasks."""
