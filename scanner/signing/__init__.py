"""Signed statements: keys, envelopes and what stands in them.

``dsse``: the envelope (DSSE 1.0) around a payload, read strictly. ``keys``: Ed25519 and ECDSA keys in PEM files,
through ``securesystemslib``. ``statement``: in-toto Statement v1, in one spelling only.
"""
