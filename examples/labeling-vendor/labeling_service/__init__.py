"""The labeling service: takes tasks in, hands them to annotators and models, collects labels."""
