"""Quality scores: how much one labeled example is worth."""

from __future__ import annotations

from curation.filters import RECIPE


def quality(agreement: float, seconds: float, gold_accuracy: float) -> float:
    """A score from 0 to 1 from annotator agreement, time taken and accuracy on gold tasks (each 0 to 1, seconds apart)."""
    weights = RECIPE["quality"]
    pace = min(seconds / weights["expected_seconds"], 1.0)
    total = weights["agreement"] * agreement + weights["pace"] * pace + weights["gold"] * gold_accuracy
    return total / (weights["agreement"] + weights["pace"] + weights["gold"])
