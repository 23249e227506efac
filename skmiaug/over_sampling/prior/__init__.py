"""The closed-form prior: a shrunken regression on the targets, and noise around it."""
