"""Checks of several groups of columns: missing modalities, and conditions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_array

from skmiaug.utils.tables._listing import first_few
from skmiaug.utils.tables._tables import read_table


def missing_modalities(X: np.ndarray, modalities: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return which modalities each row lacks, (n, n_modalities) bool.

    Raises
    ------
    ValueError
        A row has NaN in a part of a modality, or lacks all of them.
    """
    missing = np.empty((len(X), len(modalities)), dtype=bool)
    for k, (name, columns) in enumerate(modalities.items()):
        gaps = np.isnan(X[:, columns])
        missing[:, k] = gaps.all(axis=1)
        partly = np.flatnonzero(gaps.any(axis=1) & ~missing[:, k])
        if len(partly):
            raise ValueError(
                f"Modality {name!r} has NaN in some of its columns in rows "
                f"{first_few(partly)}. A row either has a modality or lacks it: "
                "fill the gaps, or set all columns of the modality to NaN."
            )
    empty = np.flatnonzero(missing.all(axis=1))
    if len(empty):
        raise ValueError(
            f"All modalities are NaN in rows {first_few(empty)}. Drop these rows."
        )
    return missing


def check_condition(
    condition: Any, n_rows: int, n_columns: int | None = None
) -> np.ndarray:
    """Return the condition as numbers (n_rows, n_columns); a row may be all NaN.

    Raises
    ------
    ValueError
        It is not two-dimensional, has another length or width than expected, holds
        infinity or something that is not a number, or NaN in a part of a row.
    """
    if np.ndim(condition) != 2:
        raise ValueError(
            "condition must have a row of numbers for each row, (n_samples, "
            f"n_condition_features), got an array of shape {np.shape(condition)}. Make one "
            "column of plain numbers with np.reshape(condition, (-1, 1)), and features of "
            "texts with TransformerFeatures."
        )
    rows = check_array(
        read_table(condition)[0],
        dtype="numeric",
        ensure_all_finite="allow-nan",
        input_name="condition",
    )
    if not np.issubdtype(rows.dtype, np.floating):
        rows = rows.astype(np.float64)
    if len(rows) != n_rows:
        raise ValueError(
            f"condition must have a row for each of the {n_rows} rows, got {len(rows)}."
        )
    if n_columns is not None and rows.shape[1] != n_columns:
        raise ValueError(
            f"condition must have the {n_columns} columns it was fitted with, got "
            f"{rows.shape[1]}."
        )
    gaps = np.isnan(rows)
    partly = np.flatnonzero(gaps.any(axis=1) & ~gaps.all(axis=1))
    if len(partly):
        raise ValueError(
            f"condition has NaN in some of its columns in rows {first_few(partly)}. "
            "Fill the gaps, or set the whole row to NaN if it is missing."
        )
    return rows


def check_expected(augmenter: Any, method: str, condition: Any) -> None:
    """Refuse a fit without a condition where the augmenter was told to expect one.

    imbalanced-learn's Pipeline drops what it does not route without a word.

    Raises
    ------
    ValueError
        ``require_condition`` is set, or metadata routing was told to bring a condition, and
        none came.
    """
    requests = augmenter.get_metadata_routing().fit_resample.requests
    required = augmenter.require_condition or requests.get("condition") is True
    if condition is not None or not required:
        return
    raise ValueError(
        f"{type(augmenter).__name__} was told to expect a condition, and {method} got "
        "none. In a Pipeline a condition arrives only with "
        "sklearn.set_config(enable_metadata_routing=True), with "
        ".set_fit_resample_request(condition=True) on the augmenter, and when it is "
        "passed to fit as condition=... (cross_validate: params={'condition': ...}). To do "
        "without one, set require_condition=False and take the request back."
    )


def check_complete_rows(
    sources: Sequence[tuple[Any, np.ndarray]], classes: np.ndarray, labels: np.ndarray
) -> None:
    """Refuse classes of which no row has all groups of columns.

    Raises
    ------
    ValueError
    """
    complete = np.ones(len(classes), dtype=bool)
    for source, columns in sources:
        if source.dtype.kind == "f":
            complete &= ~np.isnan(source[:, columns[0]])
    counts = np.bincount(classes[complete], minlength=len(labels))
    if (counts == 0).any():
        raise ValueError(
            "The dependence between modalities is learned from rows that have all of them, "
            f"and these classes have none: {', '.join(map(str, labels[counts == 0]))}. Add "
            "such rows, or leave the classes out."
        )
