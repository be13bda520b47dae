"""How good must scrubbing be: the same model on raw, scrubbed and partly scrubbed text, and the attack on each."""
