"""Imported once by the server from which workers are forked: what every worker needs is read and compiled there."""

from __future__ import annotations

from scanner.code.anchors import anchors
from scanner.code.catalogue import load_catalogue
from scanner.code.glance import glance
from scanner.code.relevance import clauses
from scanner.code.vocabulary import vocabulary

load_catalogue()
anchors()
clauses(True)
clauses(False)
glance(b"")
vocabulary()
