"""One file per scenario, nothing else."""
