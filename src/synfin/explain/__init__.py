"""Facts into words: the story of a connection, the lesson of a header; computes nothing of its own."""
