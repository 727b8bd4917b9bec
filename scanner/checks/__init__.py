"""The checks, in the order in which they run and report. A new check is one file and one line here."""

from __future__ import annotations
