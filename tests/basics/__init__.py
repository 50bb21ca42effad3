"""The words and numbers that everything uses."""
