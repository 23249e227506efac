"""Labels that no class can be made of: missing ones, and text beside numbers."""

from typing import Any

import numpy as np

from skmiaug.utils._listing import first_few


def check_labels(y: Any, name: str = "y") -> None:
    """Refuse rows without a label, and labels that have no order among each other.

    What comes later sorts the labels, and an error of ``<`` names neither row nor remedy.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_columns)
        Of anything but these two faults no notice is taken.
    name : str, default="y"
        What the caller calls them.

    Raises
    ------
    ValueError
        A label is None, NaN, NaT or pd.NA, or some are text and others are not.
    """
    if y is None or getattr(y, "ndim", 1) > 2:
        return
    missing = _missing(y)
    if missing.any():
        rows = np.flatnonzero(missing)
        raise ValueError(
            f"Input {name} contains NaN or None; rows without a class, {len(rows)} in all: "
            f"{first_few(rows.tolist())}. Leave them out, or give them a class of "
            "their own, of the type of the other labels."
        )
    values = y if getattr(y, "dtype", None) is not None else np.asarray(y, dtype=object)
    if values.dtype == object and values.ndim == 1:
        _check_one_kind(np.asarray(values), name)


def _check_one_kind(labels: np.ndarray, name: str) -> None:
    text = np.fromiter((isinstance(v, str) for v in labels), bool, len(labels))
    if text.any() and not text.all():
        raise ValueError(
            f"{name} has text and other labels, such as {str(labels[text][0])!r} and "
            f"{labels[~text][0]!r}, which have no order. Make all of them text, for "
            f"example with [str(label) for label in {name}]."
        )


def _missing(y: Any) -> np.ndarray:
    """Which rows lack a label, (n,)."""
    import pandas as pd

    try:
        values = y if hasattr(y, "dtype") else np.asarray(y, dtype=object)
        found: np.ndarray = np.atleast_1d(np.asarray(pd.isna(values)))
    except (TypeError, ValueError):  # rows of unlike length: not for us to say
        return np.zeros(0, dtype=bool)
    return np.asarray(found.any(axis=1)) if found.ndim == 2 else found
