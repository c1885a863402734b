"""Charts: what happened in a world, as pages that work offline and tell in words what they show."""
