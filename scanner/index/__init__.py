"""The package index and what lies on it: pages, metadata, artifacts, and archives read in memory within bounds."""
