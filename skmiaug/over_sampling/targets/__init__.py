"""Target codes, regression on them, and which samples to generate."""
