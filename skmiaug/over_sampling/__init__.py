"""Over-samplers that balance classes by samples of a generator.

Names are imported on first use, so that the closed-form augmenter needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skmiaug.over_sampling._base import BaseAugmenter, Generator
    from skmiaug.over_sampling._gaussian import GaussianAugmenter
    from skmiaug.over_sampling._migan import MIGANAugmenter
    from skmiaug.over_sampling.search._mi_path import MIPath, mi_path
    from skmiaug.over_sampling.search._migan_cv import MIGANAugmenterCV

_HOME_OF = {
    "BaseAugmenter": "_base",
    "GaussianAugmenter": "_gaussian",
    "Generator": "_base",
    "MIGANAugmenter": "_migan",
    "MIGANAugmenterCV": "search._migan_cv",
    "MIPath": "search._mi_path",
    "mi_path": "search._mi_path",
}

__all__ = [
    "BaseAugmenter",
    "GaussianAugmenter",
    "Generator",
    "MIGANAugmenter",
    "MIGANAugmenterCV",
    "MIPath",
    "mi_path",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
