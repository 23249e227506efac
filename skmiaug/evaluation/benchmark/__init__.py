"""``skmiaug benchmark``: from a corpus on disk to tables of results.

Names are imported on first use: the parser of the command needs none of them.
"""

from importlib import import_module
from typing import Any

_MODULE_OF = {
    "CORPORA": "_corpora",
    "Data": "_data",
    "Joined": "_cells",
    "Journal": "_cells",
    "audio_features": "_data",
    "imbalance_of": "_corpora",
}

__all__ = [*_MODULE_OF]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
