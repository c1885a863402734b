"""What the sandbox costs, as ratios. `make bench` runs all of it; quote the ratios, for machines differ and drift."""
