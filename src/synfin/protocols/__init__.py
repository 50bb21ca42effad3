"""One file per protocol, nothing else."""
