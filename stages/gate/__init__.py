"""The last stage: fails when a bar in params.yaml is not met."""
