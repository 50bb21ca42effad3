"""Broken input is shown, counted and survived."""
