"""A capture that can be shared: other addresses, no contents, and every verdict as it was."""
