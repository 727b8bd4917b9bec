"""The words that people read for the values that programs compare."""

from __future__ import annotations

from scanner.model.finding import Category, Confidence, Severity, Trigger

SEVERITY_WORDS: dict[Severity, str] = {
    "critical": "Critical",
    "high": "High",
    "medium": "Medium",
    "low": "Low",
    "info": "Note",
}
CONFIDENCE_WORDS: dict[Confidence, str] = {
    "certain": "certain",
    "high": "high confidence",
    "medium": "medium confidence",
    "low": "low confidence",
}
TRIGGER_WORDS: dict[Trigger, str] = {
    "install": "Runs while the package is installed",
    "interpreter-start": "Runs every time Python starts",
    "import": "Runs when the package is imported",
    "entry-point": "Runs when its command is started",
    "call": "Runs only when it is called",
    "not-code": "Not about running code",
}
TRIGGER_SHORT: dict[Trigger, str] = {
    "install": "install",
    "interpreter-start": "interpreter start",
    "import": "import",
    "entry-point": "entry point",
    "call": "call",
    "not-code": "not code",
}
CATEGORY_WORDS: dict[Category, str] = {
    "malicious": "malicious release",
    "vulnerability": "known vulnerability",
    "integrity": "integrity",
    "code": "behaviour of code",
    "source": "where packages come from",
    "hygiene": "release hygiene",
    "input": "dependency files",
}
CAPABILITY_WORDS: dict[str, str] = {
    "network": "Network",
    "subprocess": "Starts programs",
    "environment": "Reads environment",
    "filesystem-read": "Reads files",
    "filesystem-write": "Writes files",
    "dynamic-code": "Runs text as code",
    "native-code": "Native code",
    "persistence": "Starts itself again",
    "install-code": "Code at install",
    "install-time-code": "Code at install",
}


def capability_words(name: str) -> str:
    """The capability in words; its own name with spaces where we have none."""
    return CAPABILITY_WORDS.get(name, name.replace("-", " ").replace("_", " ").capitalize())
