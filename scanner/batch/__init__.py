"""Data batches: what lay in a folder when it was sealed, under one Merkle root.

``names``: which names a manifest may hold. ``walk``: a folder in the manifest's order, in bounded memory.
``hashing``: files hashed so that one that changes meanwhile is noticed. ``tree``: the Merkle tree over folders.
"""
