"""The code engine: source in, behaviours out. Nothing analysed is ever imported or executed.

The stages stand in one file each, in the order in which a source file meets them: ``anchors`` (which files can
matter), ``source`` (text and syntax tree), ``names`` and ``values`` (what an expression refers to), ``fold`` and
``decoders`` (what it is), ``flow`` (where it travels), ``layers`` (code inside strings), ``triggers`` (when it
runs), ``matcher`` (which rule that is), ``verdict`` (what it comes to). ``analysis`` runs them.
"""
