"""Fine-tune the model on one downstream task, once per seed, and score it."""
