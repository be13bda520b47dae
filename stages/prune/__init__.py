"""What nothing in params.yaml refers to any more: found, shown with its size, removed."""
