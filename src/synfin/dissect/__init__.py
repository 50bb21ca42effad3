"""How to find and read headers that somebody else has declared; knows no protocol by name."""
