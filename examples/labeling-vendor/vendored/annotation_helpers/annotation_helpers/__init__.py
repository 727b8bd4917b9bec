"""Small helpers for annotation exports."""


def chunks(items, size):
    """The items in lists of at most that size."""
    return [items[start : start + size] for start in range(0, len(items), size)]
