"""``skmiaug benchmark``: from a corpus on disk to tables of results."""
