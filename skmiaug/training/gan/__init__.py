"""Generator, critic and the loops that train them."""
