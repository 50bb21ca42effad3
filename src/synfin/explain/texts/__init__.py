"""The sentences of every explanation, one file per language, the same keys in each."""
