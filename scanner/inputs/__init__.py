"""One reader for each dependency-file format: bytes to requirements or locked packages. Nothing read is ever run."""
