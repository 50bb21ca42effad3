"""What holds for every packet, however broken."""
