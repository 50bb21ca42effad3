"""Explanations: every outcome has a scenario that tells it, and scenarios in which it is not told."""
