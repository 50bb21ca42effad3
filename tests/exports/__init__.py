"""Renderers: pictures and the page."""
