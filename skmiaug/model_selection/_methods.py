"""Ways to balance by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from skmiaug.model_selection._balanced import FREE_METHODS

__all__ = ["DEFAULT_METHODS", "read_methods"]

_SAMPLERS = {
    "random": "imblearn.over_sampling.RandomOverSampler",
    "smote": "imblearn.over_sampling.SMOTE",
    "borderline": "imblearn.over_sampling.BorderlineSMOTE",
    "adasyn": "imblearn.over_sampling.ADASYN",
    "gaussian": "skmiaug.over_sampling.GaussianAugmenter",
    "migan": "skmiaug.over_sampling.MIGANAugmenter",
}
DEFAULT_METHODS = (*FREE_METHODS, "gaussian", "migan")
_MODULES = ("over_sampling", "under_sampling", "combine")


def read_methods(methods: Sequence[Any] | Mapping[str, Any]) -> dict[str, Any]:
    """From name to one of `FREE_METHODS` or a sampler.

    `methods` holds names, import paths and samplers, or is a mapping from name to these.

    Raises
    ------
    ValueError
        There is none, a name is unknown, or something is no sampler.
    """
    pairs: list[tuple[str, Any]] = []
    if isinstance(methods, Mapping):
        pairs = [(str(name), _read(method)) for name, method in methods.items()]
    else:
        for method in methods:
            found = _read(method)
            name = method if isinstance(method, str) else type(method).__name__
            pairs.append((name, found))
    if not pairs:
        raise ValueError(f"methods is empty; choose from {_listed()}, or pass samplers.")
    named = dict(pairs)
    if len(named) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(
            f"methods holds {twice!r} twice; give each a name in a mapping, such as "
            "{'few neighbors': SMOTE(k_neighbors=2), ...}."
        )
    return named


def _read(method: Any) -> Any:
    if not isinstance(method, str):
        if not hasattr(method, "fit_resample") or isinstance(method, type):
            raise ValueError(
                f"methods takes names and samplers with fit_resample; got {method!r}."
            )
        return method
    if method in FREE_METHODS:
        return method
    path = _SAMPLERS.get(method.lower(), method)
    if "." in path:
        module, _, name = path.rpartition(".")
        try:
            return getattr(import_module(module), name)()
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            raise ValueError(
                "methods takes the import path of a sampler that needs no parameters; got "
                f"{method!r} ({error})."
            ) from error
    for module in _MODULES:
        found: Any = getattr(import_module(f"imblearn.{module}"), path, None)
        if hasattr(found, "fit_resample"):
            return found()
    close = difflib.get_close_matches(method.lower(), (*FREE_METHODS, *_SAMPLERS), n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"unknown method {method!r}; choose from {_listed()}, the name of a sampler of "
        f"imbalanced-learn such as 'SMOTETomek', or an import path.{hint}"
    )


def _listed() -> str:
    return ", ".join((*FREE_METHODS, *_SAMPLERS))
