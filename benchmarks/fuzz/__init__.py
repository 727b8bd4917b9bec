"""A fuzz driver over every reader: mutated real seeds in; values, or errors of ours, out."""
