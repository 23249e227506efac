"""The InfoGAN on top of the prior: preparation, validation, training, sampling."""
