"""Scenarios on the real kernel."""
