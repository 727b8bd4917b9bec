"""Tasks: what an annotator or a model is asked to judge."""

from __future__ import annotations

import os

from label_studio_sdk import LabelStudio
from pydantic import BaseModel


class Task(BaseModel):
    """Two candidate answers to one prompt, to be compared."""

    prompt: str
    first: str
    second: str


def client() -> LabelStudio:
    """A client for the vendor's own Label Studio, with the key that the deployment provides."""
    return LabelStudio(base_url=os.environ["LABEL_STUDIO_URL"], api_key=os.environ["LABEL_STUDIO_API_KEY"])


def publish(project_id: int, tasks: list[Task]) -> int:
    """Send tasks to the annotators; gives how many were sent."""
    connection = client()
    for task in tasks:
        connection.tasks.create(project=project_id, data=task.model_dump())
    return len(tasks)
