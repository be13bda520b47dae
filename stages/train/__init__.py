"""Pre-training: masked words and sentence pairs, with stock ``transformers`` models and a loop of our own."""
