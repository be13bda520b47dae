"""Pure functions over Arrow arrays of text."""
