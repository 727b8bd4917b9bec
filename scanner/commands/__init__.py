"""One file per command: ``add_arguments(parser)`` and ``run(arguments) -> exit code``. Heavy imports stay inside."""

DEFAULT_OUTPUT = "assay-report"
"""The folder of the report, below the working directory."""
