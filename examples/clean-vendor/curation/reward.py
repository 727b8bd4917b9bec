"""Reward: the number that training maximises."""

from __future__ import annotations

from curation.filters import RECIPE


def reward(helpful: float, harmless: float, length: int) -> float:
    """The scalar reward of one answer."""
    weights = RECIPE["reward"]
    penalty = weights["length_penalty"] * max(0, length - weights["free_length"])
    return weights["helpful"] * helpful + weights["harmless"] * harmless - penalty
