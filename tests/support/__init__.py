"""Real parts for tests: a package index over HTTP on loopback, and builders of wheels, sdists and projects."""
