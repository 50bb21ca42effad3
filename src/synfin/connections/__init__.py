"""What only a connection's past can tell: folds over the packets of each TCP connection."""
