"""Events: what the analysed code would do, each with the moment, the place and the labels of what it does it to."""

from __future__ import annotations

import msgspec

from scanner.model.finding import DecodedLayer, Trigger


class Event(msgspec.Struct, frozen=True):
    """One act. ``roles`` come from the catalogue (``network``, ``process`` …) or name a structural fact (``fact:…``).

    ``context`` numbers the evaluation in which it happened (one module body, one function called by nobody): two
    events of one context belong to one course of action. ``order`` counts events within the analysis.
    ``layer`` names the decoding steps of the code that holds it (empty: the file itself).
    """

    roles: frozenset[str]
    name: str
    labels: frozenset[str]
    trigger: Trigger
    path: str
    line: int
    end_line: int
    context: int
    order: int
    layer: str = ""
    detail: str = ""
    layers: tuple[DecodedLayer, ...] = ()
