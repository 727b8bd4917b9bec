"""Data batches: what lay in a folder when it was sealed, under one Merkle root.

``names``: which names a manifest may hold. ``walk``: a folder in the manifest's order, in bounded memory.
``hashing``: files hashed so that one that changes meanwhile is noticed. ``records``: a digest for each record.
``tree``: the Merkle tree over folders. ``manifest``: its leaves as lines. ``predicate``, ``statement``: what is signed.
``recipe``, ``environment``: what a statement says of what produced the batch. ``seal``, ``produce``: a folder becomes a
manifest, and a statement on disk. ``verify``: a folder against its manifest. ``judge``: may the batch be used.
"""
