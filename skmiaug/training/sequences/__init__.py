"""Training of sequence encoders, with labels and without."""
