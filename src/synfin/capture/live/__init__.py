"""Packets from the wire: a small process opens the device, everything else reads what it passes on."""
