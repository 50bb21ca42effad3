"""Words and numbers that everything uses; knows nothing about packets."""
