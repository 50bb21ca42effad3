"""Field by field, file by file: what synfin says beside what tshark says."""
