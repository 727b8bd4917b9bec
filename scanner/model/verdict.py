"""The verdict, and the line of the policy that decided it."""

from __future__ import annotations

from typing import Literal

import msgspec

Decision = Literal["approve", "approve-with-conditions", "reject", "inconclusive"]

EXIT_CODES: dict[Decision, int] = {"approve": 0, "approve-with-conditions": 0, "reject": 1, "inconclusive": 3}


class Verdict(msgspec.Struct, frozen=True):
    """``decided_by`` is the policy line; ``reasons`` three to five plain sentences, most serious first."""

    decision: Decision
    decided_by: str
    reasons: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.decision]
