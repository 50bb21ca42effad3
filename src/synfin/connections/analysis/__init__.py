"""What Wireshark's TCP analysis says of each segment: one state machine per side, and what it shows."""
