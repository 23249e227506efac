"""Choosing λ: many fits as one batched model."""
