"""Ladders, headers, layers and states as SVG and Mermaid, from the layouts that text is drawn from."""
