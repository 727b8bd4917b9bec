"""Pre-labels: a model's first judgement, which annotators then correct."""

from __future__ import annotations

import litellm

from labeling_service.tasks import Task

INSTRUCTION = "Which answer helps the asker more and harms nobody? Reply with 1 or 2."


def prelabel(task: Task, model: str) -> int:
    """1 or 2: the answer that the model prefers."""
    reply = litellm.completion(
        model=model,
        messages=[
            {"role": "system", "content": INSTRUCTION},
            {"role": "user", "content": f"{task.prompt}\n\n1: {task.first}\n\n2: {task.second}"},
        ],
    )
    return 2 if "2" in reply.choices[0].message.content else 1
