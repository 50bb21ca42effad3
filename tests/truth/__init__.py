"""Runs of a real kernel's TCP over a link of ours that loses, delays and copies segments at random."""
