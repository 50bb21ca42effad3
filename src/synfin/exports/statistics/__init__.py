"""What a capture holds, counted chunk by chunk."""
