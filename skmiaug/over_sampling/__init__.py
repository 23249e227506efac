"""Samplers that balance classes by generated rows."""

from skmiaug.over_sampling._mi_path import MIPath, mi_path
from skmiaug.over_sampling._mi_weight_search import MIWeightSearchCV
from skmiaug.over_sampling._migan import MIGANAugmenter
from skmiaug.over_sampling._migan_cv import MIGANAugmenterCV

__all__ = ["MIGANAugmenter", "MIGANAugmenterCV", "MIPath", "MIWeightSearchCV", "mi_path"]
