"""Renderers: one :class:`scanner.model.report.Report` in, bytes of one format out.

``render.py`` is the door: ``FORMATS``, ``file_name(format)`` and ``render(report, format)``. ``saved.py`` reads a
``report.json`` back. ``terminal.py`` prints the one-screen summary. Every renderer passes text that it did not write
itself through ``safe_text.py``. A new format is one module with ``render(report, context) -> bytes`` and one line in
``render.py``.
"""
