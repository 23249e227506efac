"""Checks of several groups of columns: missing modalities, and conditions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_array

from skmiaug.over_sampling.columns._transform import ColumnTransform
from skmiaug.utils.files._untrusted import first_few
from skmiaug.utils.tables._modalities import resolve_modalities
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


def check_expected(
    augmenter: Any, method: str, condition: Any, covariates: Any = None
) -> None:
    """Refuse a fit without what the augmenter was told to expect.

    imbalanced-learn's Pipeline drops what it does not route without a word.

    Raises
    ------
    ValueError
        ``require_condition`` is set, or metadata routing was told to bring a condition or
        covariates, and none came.
    """
    requests = augmenter.get_metadata_routing().fit_resample.requests
    required = augmenter.require_condition or requests.get("condition") is True
    missing = None
    if condition is None and required:
        missing = "a condition", "condition", "set require_condition=False and "
    elif covariates is None and requests.get("covariates") is True:
        missing = "covariates", "covariates", ""
    if missing is None:
        return
    what, name, remedy = missing
    raise ValueError(
        f"{type(augmenter).__name__} was told to expect {what}, and {method} got "
        f"none. In a Pipeline {name} arrives only with "
        "sklearn.set_config(enable_metadata_routing=True), with "
        f".set_fit_resample_request({name}=True) on the augmenter, and when it is "
        f"passed to fit as {name}=... (cross_validate: params={{{name!r}: ...}}). To do "
        f"without, {remedy}take the request back."
    )


def check_combination(augmenter: Any, condition: Any, covariates: Any) -> None:
    """Refuse modalities, pairing, condition and covariates that do not go together.

    Raises
    ------
    ValueError
    """
    if augmenter.modalities is None and augmenter.pairing != "generated":
        raise ValueError(
            f"pairing={augmenter.pairing!r} combines modalities, and none are named. Set "
            "modalities, for example {'audio': slice(0, 768), 'text': slice(768, "
            "1152)}, or pairing='generated'."
        )
    if condition is not None and augmenter.modalities is not None:
        raise ValueError(
            "Pass either a condition or modalities: with modalities, name the columns "
            "of the condition as one of them."
        )
    if covariates is not None and augmenter.pairing != "generated":
        raise ValueError(
            f"pairing={augmenter.pairing!r} joins parts of real rows with generated ones, "
            "and covariates belong to whole rows. Set pairing='generated', or fit without "
            "covariates."
        )


def checked_modalities(
    modalities: Any, X: np.ndarray, names: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Return the column numbers of at least two modalities.

    Raises
    ------
    ValueError
        There is one, they are no groups of columns, or a row has NaN in a part of one.
    """
    found = resolve_modalities(modalities, X.shape[1], names)
    if len(found) == 1:
        raise ValueError(
            "modalities names a single one. Name at least two, or leave modalities=None."
        )
    missing_modalities(X, found)
    return found


def given_condition(
    condition: Any, n: int, width: int | None, transform: ColumnTransform
) -> np.ndarray | None:
    """Return coordinates (n, n_coordinates) of rows whose condition is passed to sample.

    ``width``: columns of the condition of the fit, None without.

    Raises
    ------
    ValueError
        The fit had none, or a row lacks it.
    """
    if condition is None:
        return None
    if width is None:
        raise ValueError(
            "condition was passed to sample, but the augmenter was fitted without one. "
            "Pass condition to fit or fit_resample too."
        )
    rows = check_condition(condition, n, width)
    if np.isnan(rows).any():
        raise ValueError(
            "condition has NaN; sample needs the whole condition of each row. Leave "
            "these rows out."
        )
    given = np.full((n, sum(transform.widths)), np.nan, dtype=np.float32)
    last = len(transform.groups) - 1
    given[:, transform.span(last)] = transform.groups[last].whiten(rows)
    return given


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


def refuse_incomplete(X: np.ndarray, modalities: dict[str, np.ndarray]) -> None:
    """Refuse rows that lack a modality, in a fit with covariates.

    Raises
    ------
    ValueError
    """
    incomplete = missing_modalities(X, modalities).any(axis=1)
    if incomplete.any():
        raise ValueError(
            "Effects of covariates are estimated from rows with all modalities, and rows "
            f"{first_few(np.flatnonzero(incomplete))} lack one. Leave them out, or fit "
            "without covariates."
        )
