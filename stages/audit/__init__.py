"""Attack the trained model: what it gives away of planted secrets, and what it answers to named probes."""
