"""Capture files and live sources, made into chunks; one file per format."""
