"""Samplers that balance classes by generated rows.

To follow ``MIGANAugmenter.fit_resample``, read ``_migan`` and its bases ``_fitting`` and
``_parameters``, then ``_training_run``, ``_row_fit`` (with ``_preparation``, ``_row_probe``
and ``_strength``) and, for what is drawn, ``_resampling`` and ``_row_sampler``. What rows
are to a ``_row_`` module, several modalities are to its ``_joint_`` twin.
"""

from skmiaug.over_sampling._mi_path import MIPath, mi_path
from skmiaug.over_sampling._mi_weight_search import MIWeightSearchCV
from skmiaug.over_sampling._migan import MIGANAugmenter
from skmiaug.over_sampling._migan_cv import MIGANAugmenterCV

__all__ = ["MIGANAugmenter", "MIGANAugmenterCV", "MIPath", "MIWeightSearchCV", "mi_path"]
