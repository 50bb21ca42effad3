"""The display-filter language: text to syntax to checked syntax to a mask of packets."""
