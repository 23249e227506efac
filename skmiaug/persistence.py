"""Saving fitted estimators without pickle: a JSON header and safetensors.

A file can be read without running code from it, and its sizes are checked before memory is
taken. ``pickle`` and ``joblib`` work on the estimators too; use them only for files that
you trust.
"""

import os
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator

import skmiaug
from skmiaug.exceptions import FileFormatError
from skmiaug.over_sampling import MIGANAugmenter
from skmiaug.representation import (
    ContrastiveAligner,
    MaskedTimestepEncoder,
    SequenceEmotionClassifier,
    SequenceEmotionRegressor,
)
from skmiaug.utils._tensor_file import read_tensor_file, write_tensor_file

__all__ = ["load", "save"]

# What a file that was made by hand can raise while an estimator is built from it.
_DAMAGE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
_ESTIMATORS: dict[str, type[Any]] = {
    "ContrastiveAligner": ContrastiveAligner,
    "MIGANAugmenter": MIGANAugmenter,
    "MaskedTimestepEncoder": MaskedTimestepEncoder,
    "SequenceEmotionClassifier": SequenceEmotionClassifier,
    "SequenceEmotionRegressor": SequenceEmotionRegressor,
}


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator to one file, whole or not at all.

    Parameters
    ----------
    estimator : estimator of skmiaug
        Fitted; all but TransformerFeatures, which learns nothing.
    path : path-like
        The file; an older one is replaced only when the new one is complete.

    Raises
    ------
    TypeError
        The estimator is not one of skmiaug's, or a parameter (a function, a generator of
        random numbers) has no place in a JSON header.
    sklearn.exceptions.NotFittedError
        It is not fitted.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> import skmiaug
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> augmenter = skmiaug.MIGANAugmenter(max_iter=0, random_state=0).fit(X, y)
    >>> skmiaug.save(augmenter, "iris.skmiaug")
    """
    if type(estimator) not in _ESTIMATORS.values():
        remedy = "Save pipelines and other estimators with joblib.dump."
        if isinstance(getattr(estimator, "augmenter_", None), MIGANAugmenter):
            remedy = "Save its augmenter_, which draws the same rows, or use joblib.dump."
        raise TypeError(
            f"save takes one of {', '.join(_ESTIMATORS)}, got {type(estimator)!r}. {remedy}"
        )
    described, arrays = _taken_apart(estimator)
    header = {"kind": "estimator", "version": skmiaug.__version__, **described}
    write_tensor_file(path, header, arrays)


def load(path: str | os.PathLike[str]) -> Any:
    """Read an estimator that :func:`save` wrote; the CPU is enough for one from a GPU.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    The fitted estimator.

    Raises
    ------
    FileFormatError
        The file is damaged, is something else, or comes from a later version.
    FileNotFoundError
        There is no such file.

    Examples
    --------
    >>> import skmiaug
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> augmenter = skmiaug.MIGANAugmenter(max_iter=0, random_state=0).fit(X, y)
    >>> skmiaug.save(augmenter, "iris.skmiaug")
    >>> skmiaug.load("iris.skmiaug").sample(10)[0].shape
    (10, 4)
    """
    header, arrays = read_tensor_file(path)
    kind, name = header.get("kind"), str(header.get("class"))
    if kind != "estimator" or name not in _ESTIMATORS:
        raise FileFormatError(
            f"{path}: expected an estimator saved by skmiaug.save, got {kind!r} {name!r}."
        )
    try:
        return _put_together(header, arrays)
    except _DAMAGE as error:
        raise FileFormatError(f"{path}: incomplete or changed ({error!r}).") from error


def _taken_apart(estimator: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Class, parameters and state as plain values, and arrays.

    A parameter that is one of our estimators, fitted, is taken apart likewise, out of
    scikit-learn's FrozenEstimator too; its arrays have its name before theirs.
    """
    parameters = estimator.get_params(deep=False)
    header, arrays = estimator._to_state()
    inner: dict[str, Any] = {}
    for name, value in list(parameters.items()):
        is_frozen = isinstance(value, FrozenEstimator)
        part = value.estimator if is_frozen else value
        if type(part) in _ESTIMATORS.values():
            del parameters[name]
            inner[name], own = _taken_apart(part)
            inner[name]["frozen"] = is_frozen
            arrays |= {f"{name}/{key}": array for key, array in own.items()}
    described = {
        "class": type(estimator).__name__,
        "parameters": _plain_parameters(parameters),
        "state": header,
    }
    return described | ({"inner": inner} if inner else {}), arrays


def _put_together(described: dict[str, Any], arrays: dict[str, np.ndarray]) -> Any:
    """Rebuild what :func:`_taken_apart` took apart."""
    parameters = _restored(described["parameters"])
    for name, part in described.get("inner", {}).items():
        start = f"{name}/"
        own = {k.removeprefix(start): a for k, a in arrays.items() if k.startswith(start)}
        arrays = {k: a for k, a in arrays.items() if not k.startswith(start)}
        rebuilt = _put_together(part, own)
        parameters[name] = FrozenEstimator(rebuilt) if part.get("frozen") else rebuilt
    estimator = _ESTIMATORS[described["class"]](**parameters)
    estimator._from_state(described["state"], arrays)
    return estimator


def _plain_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters as JSON values; tuples are marked, since JSON has lists alone."""
    return {name: _plain(name, value) for name, value in parameters.items()}


def _plain(name: str, value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "tolist"):  # numpy's numbers and arrays, pandas' indexes
        return _plain(name, value.tolist())
    if isinstance(value, slice):
        ends = (value.start, value.stop, value.step)
        return {"slice": [_plain(name, end) for end in ends]}
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (tuple, list, range)):
        return {"sequence": type(value).__name__, "items": [_plain(name, v) for v in value]}
    if isinstance(value, dict):
        return {"pairs": [[_plain(name, k), _plain(name, v)] for k, v in value.items()]}
    if type(value).__module__ == "torch":
        return str(value)
    raise TypeError(
        f"{name}={value!r} cannot be written to a file without pickle. Set it to plain "
        "values (set_params) before saving, or use joblib.dump."
    )


def _restored(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: _restored_value(value) for name, value in parameters.items()}


def _restored_value(value: Any) -> Any:
    if isinstance(value, dict) and "slice" in value:
        return slice(*value["slice"])
    if isinstance(value, dict) and "sequence" in value:
        items = [_restored_value(v) for v in value["items"]]
        return tuple(items) if value["sequence"] == "tuple" else items
    if isinstance(value, dict) and "pairs" in value:
        return {_restored_value(k): _restored_value(v) for k, v in value["pairs"]}
    return value
