"""Over-samplers."""

from skmiaug.over_sampling._mi_path import MIPath, mi_path
from skmiaug.over_sampling._migan import MIGANAugmenter
from skmiaug.over_sampling._migan_cv import MIGANAugmenterCV

__all__ = ["MIGANAugmenter", "MIGANAugmenterCV", "MIPath", "mi_path"]
