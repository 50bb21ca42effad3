"""Conversations, each a small story in a file: `language.py` says how they are written."""
