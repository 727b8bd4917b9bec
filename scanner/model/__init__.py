"""The nouns of the audit: frozen, typed values that every stage takes and gives. Imports nothing of ours.

Import each noun from its own module (``from scanner.model.finding import Finding``), so that a command
that needs one noun does not load them all.
"""
