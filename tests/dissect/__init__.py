"""The vocabulary and the machinery of dissection."""
