"""Questions about the reader's own connection, asked only where the capture holds the answer."""
