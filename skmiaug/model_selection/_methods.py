"""What is searched: estimators, their grids, and ways to balance by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from imblearn.base import SamplerMixin
from sklearn.model_selection import ParameterGrid

from skmiaug.model_selection._balanced import applies
from skmiaug.model_selection._meta import last_step
from skmiaug.model_selection._samplers import AttributeOverSampler
from skmiaug.model_selection._targets import FREE_METHODS, SEARCHED

_SAMPLERS = {
    "random": "imblearn.over_sampling.RandomOverSampler",
    "smote": "imblearn.over_sampling.SMOTE",
    "borderline": "imblearn.over_sampling.BorderlineSMOTE",
    "adasyn": "imblearn.over_sampling.ADASYN",
    "gaussian": "skmiaug.over_sampling.GaussianAugmenter",
    "migan": "skmiaug.over_sampling.MIGANAugmenter",
}
_MODULES = ("over_sampling", "under_sampling", "combine")


class Candidate(NamedTuple):
    """One setting of the search: an estimator, a way to balance, one point of the grid."""

    estimator: str
    method: str
    cost: int


def read_methods(
    methods: Sequence[Any] | Mapping[str, Any] | None, target_type: str
) -> dict[str, Any]:
    """From name to one of `FREE_METHODS` or a sampler; None stands for the defaults."""
    if methods is None:
        methods = SEARCHED[target_type].methods
    pairs = [
        (name or (m if isinstance(m, str) else type(m).__name__), _read(m, target_type))
        for name, m in _named(methods)
    ]
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


def _named(values: Any) -> list[tuple[str, Any]]:
    """Name, "" where there is none, and value of each."""
    if isinstance(values, Mapping):
        return [(str(name), value) for name, value in values.items()]
    return [("", value) for value in values]


def _read(method: Any, target_type: str) -> Any:
    """A method that can be used with this target type."""
    known = SEARCHED[target_type].methods
    if target_type == "continuous" and method == "random":
        return AttributeOverSampler()
    found = _method(method)
    if isinstance(found, str):
        usable = found in known
    else:
        if isinstance(method, str) and hasattr(found, "target_type"):
            found.set_params(target_type=target_type)
        of_classes = isinstance(found, SamplerMixin)
        own = getattr(found, "target_type", "multiclass" if of_classes else target_type)
        usable = own == target_type
    if not usable:
        raise ValueError(
            f"method {method!r} is not for target_type={target_type!r}; choose from "
            f"{', '.join(known)}, or pass a sampler whose target_type is {target_type!r}."
        )
    return found


def _method(method: Any) -> Any:
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


def read_estimators(given: Any) -> dict[str, tuple[Any, Any]]:
    """From name to estimator and grid."""
    found: dict[str, tuple[Any, Any]] = {}
    several = isinstance(given, Mapping | list)
    for name, value in _named(given if several else [given]):
        estimator, grid = value if isinstance(value, tuple) else (value, {})
        label = name or type(last_step(estimator)[1]).__name__
        if label in found:
            raise ValueError(
                f"estimator holds two of {label}; give each a name in a mapping, such as "
                "{'strong penalty': ..., 'weak penalty': ...}."
            )
        found[label] = (estimator, grid)
    if not found:
        raise ValueError("estimator is empty; pass at least one.")
    return found


def grids_of(
    estimators: Mapping[str, tuple[Any, Any]], methods: Mapping[str, Any], target_type: str
) -> tuple[list[dict[str, Any]], list[Candidate], list[str]]:
    """Grids for ``GridSearchCV``, their candidates in order, and what does not apply."""
    grids, candidates, left_out = [], [], []
    for name, (estimator, grid) in estimators.items():
        for label, method in methods.items():
            if not applies(method, estimator, target_type):
                left_out.append(f"{label} ({type(estimator).__name__})")
                continue
            free = isinstance(method, str)
            cost = FREE_METHODS.index(method) if free else len(FREE_METHODS)
            for part in [grid] if isinstance(grid, Mapping) else grid:
                own = {f"estimator__{key}": values for key, values in part.items()}
                own |= {"estimator": [estimator], "method": [method]}
                grids.append(own)
                candidates += [Candidate(name, label, cost)] * len(ParameterGrid(own))
    if not grids:
        raise ValueError(f'no method applies: {", ".join(left_out)}; add "none".')
    return grids, candidates, left_out
