"""Runs jobs in pieces; knows nothing about packets."""
