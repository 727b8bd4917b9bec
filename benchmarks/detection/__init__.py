"""Detection benchmark: corpora of archives, the tools that judge them, and what the judgements are worth.

Nothing of a corpus is ever imported, built, installed or executed. Archives stay archives; only a peer that wants
a folder gets one, in a temporary place, written by :mod:`benchmarks.detection.unpack` and removed afterwards.
"""
