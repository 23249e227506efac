"""Samplers that balance classes by generated rows."""

from skmiaug.over_sampling._migan import MIGANAugmenter

__all__ = ["MIGANAugmenter"]
