"""From requirements and locks to the dependency graph, for one target environment, without running any of it."""
