"""Balance imbalanced classes of feature vectors, inside scikit-learn pipelines.

Names are imported on first use, so that ``import skmiaug`` costs nothing and a part whose
extra is not installed fails only when it is asked for.
"""

from importlib import import_module
from importlib.metadata import version as _version
from typing import Any

__version__ = _version("skmiaug")

_HOME_OF = {
    "AcousticFeatures": "skmiaug.feature_extraction",
    "ContrastiveAligner": "skmiaug.representation",
    "GaussianAugmenter": "skmiaug.over_sampling",
    "MIGANAugmenter": "skmiaug.over_sampling",
    "MIGANAugmenterCV": "skmiaug.over_sampling",
    "MIPath": "skmiaug.over_sampling",
    "mi_path": "skmiaug.over_sampling",
    "MaskedTimestepEncoder": "skmiaug.representation",
    "SequenceEmotionClassifier": "skmiaug.representation",
    "SequenceEmotionRegressor": "skmiaug.representation",
    "TransformerFeatures": "skmiaug.feature_extraction",
    "load": "skmiaug.persistence",
    "save": "skmiaug.persistence",
}
_SUBMODULES = ("datasets", "evaluation", "exceptions", "metrics", "model_selection")

__all__ = [
    "AcousticFeatures",
    "ContrastiveAligner",
    "GaussianAugmenter",
    "MIGANAugmenter",
    "MIGANAugmenterCV",
    "MIPath",
    "MaskedTimestepEncoder",
    "SequenceEmotionClassifier",
    "SequenceEmotionRegressor",
    "TransformerFeatures",
    "__version__",
    "datasets",
    "evaluation",
    "exceptions",
    "load",
    "metrics",
    "mi_path",
    "model_selection",
    "save",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        value = getattr(import_module(_HOME_OF[name]), name)
        globals()[name] = value
        return value
    if name in _SUBMODULES:
        return import_module(f"skmiaug.{name}")
    raise AttributeError(f"module 'skmiaug' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
