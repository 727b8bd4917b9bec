"""Reward: the number that training maximises."""

from __future__ import annotations

from datasets import Dataset

from curation.filters import RECIPE, keeps


def reward(helpful: float, harmless: float, length: int) -> float:
    """The scalar reward of one answer."""
    weights = RECIPE["reward"]
    penalty = weights["length_penalty"] * max(0, length - weights["free_length"])
    return weights["helpful"] * helpful + weights["harmless"] * harmless - penalty


def curate(examples: Dataset) -> Dataset:
    """The examples that pass the filters, with their reward."""
    kept = examples.filter(lambda row: keeps(row["text"]))
    return kept.map(lambda row: {"reward": reward(row["helpful"], row["harmless"], len(row["text"]))})
