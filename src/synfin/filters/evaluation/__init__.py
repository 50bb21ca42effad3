"""Checked syntax to a mask: whole columns at a time, one truth value per packet."""
