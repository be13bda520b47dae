"""What every data job shares: shards, manifests, the map and regroup verbs, the runner door."""
