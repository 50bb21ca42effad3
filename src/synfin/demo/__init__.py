"""Two hosts, a link of ours between them, and what can happen there: real TCP, made on the spot."""
