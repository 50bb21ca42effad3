"""A laboratory of two hosts and a link on the running kernel, and what records it."""
