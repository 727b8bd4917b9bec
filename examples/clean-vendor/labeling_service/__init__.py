"""The labeling service: takes tasks in, hands them to annotators, collects labels."""
