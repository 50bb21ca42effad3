"""Syntax to checked syntax: names, types and literals, against a catalogue of fields."""
