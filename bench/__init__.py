"""What `make bench` measures: every figure with its baseline from the same run."""
