"""Advisories in the OSV shape: a compiled database, and the OSV evaluation algorithm with PEP 440 order."""
