"""Text to syntax, and back: the grammar of display filters, which knows no field."""
