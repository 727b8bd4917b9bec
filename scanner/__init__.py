"""assay: audit the software supply chain of a data-labeling project without running any of it."""

__version__ = "0.1.0"
