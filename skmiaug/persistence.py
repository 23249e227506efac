"""Saving fitted estimators without pickle: a JSON header and safetensors.

Reading a file runs no code from it, and its sizes are checked before memory is taken.
``pickle`` and ``joblib`` work on the estimators too, for files that you trust.
"""

import os
from typing import Any

from sklearn.exceptions import NotFittedError

import skmiaug
from skmiaug.base import pack, unpack
from skmiaug.exceptions import FileFormatError
from skmiaug.utils.files._tensor_file import read_tensor_file, write_tensor_file

__all__ = ["load", "save"]

# What a file that was made by hand can raise while an estimator is built from it.
_DAMAGE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotFittedError,
    RuntimeError,
    TypeError,
    ValueError,
)
_ESTIMATORS = (
    "ContrastiveAligner",
    "GaussianAugmenter",
    "MIGANAugmenter",
    "MaskedTimestepEncoder",
    "SequenceEmotionClassifier",
    "SequenceEmotionRegressor",
)


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator to one file, whole or not at all.

    Parameters
    ----------
    estimator : estimator of skmiaug
        Fitted; any but TransformerFeatures, which learns nothing.
    path : path-like
        The file; an older one is replaced only when the new one is complete.

    Raises
    ------
    TypeError
        The estimator is not one of skmiaug's, or a parameter (a function, a generator of
        random numbers) or a class label has no place in a file without pickle.
    sklearn.exceptions.NotFittedError
        It is not fitted.
    OSError
        The file cannot be written.

    See Also
    --------
    load : Reads the file.

    Examples
    --------
    >>> import skmiaug
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> augmenter = skmiaug.MIGANAugmenter(max_iter=0, random_state=0).fit(X, y)
    >>> skmiaug.save(augmenter, "iris.skmiaug")
    """
    name = type(estimator).__name__
    if name not in _ESTIMATORS or type(estimator) is not getattr(skmiaug, name):
        remedy = "Save pipelines and other estimators with joblib.dump."
        if type(getattr(estimator, "augmenter_", None)).__name__ in _ESTIMATORS:
            remedy = (
                "Save its augmenter_, which draws the same samples, or use joblib.dump."
            )
        raise TypeError(
            f"save takes one of {', '.join(_ESTIMATORS)}, got {type(estimator)!r}. {remedy}"
        )
    try:
        packed, arrays = pack(estimator)
        header = {
            "kind": "estimator",
            "version": skmiaug.__version__,
            "class": name,
            "estimator": packed,
        }
        write_tensor_file(path, header, arrays)
    except TypeError as error:
        raise TypeError(f"{os.fspath(path)} was not written: {error}") from error


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

    See Also
    --------
    save : Writes the file.

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
        cls = getattr(skmiaug, name)
        estimator = unpack(header["estimator"], arrays)
        if type(estimator) is not cls:
            raise ValueError(f"it holds no {name}")
        return estimator
    except _DAMAGE as error:
        raise FileFormatError(f"{path}: incomplete or changed ({error!r}).") from error
