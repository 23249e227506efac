"""Training of an aligned space of several modalities."""
