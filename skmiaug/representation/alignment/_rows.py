"""Columns of several modalities: which are whose, and what is missing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skmiaug.utils.files._untrusted import first_few
from skmiaug.utils.tables._modalities import resolve_modalities

JOINED, SHARED = "joined", "shared"
# What all columns are called where they are one modality.
ONLY = "aligned"
_BLOCK_COLUMNS = 64


def column_groups(
    modalities: Mapping[str, Any] | None,
    n_features: int,
    feature_names: Sequence[str] | np.ndarray | None,
) -> dict[str, np.ndarray]:
    """Return the columns of each modality; None makes one modality of all columns.

    Raises what `resolve_modalities` does, and a ValueError for the name of an output.
    """
    if modalities is None:
        return {ONLY: np.arange(n_features)}
    groups = resolve_modalities(modalities, n_features, feature_names)
    for name in (JOINED, SHARED):
        if name in groups:
            raise ValueError(
                f"No modality may be called {name!r}, a value of output. Rename it."
            )
    return groups


def output_blocks(output: str, names: Sequence[str]) -> list[str]:
    """Return the names of the codes that ``output`` asks for, in order.

    Raises a ValueError unless it is "joined", "shared" or one of the modalities ``names``.
    """
    if output == JOINED:
        return list(names)
    if output != SHARED and output not in names:
        raise ValueError(
            f"output must be {JOINED!r}, {SHARED!r} or a modality ({', '.join(names)}); "
            f"got {output!r}."
        )
    return [output]


def present_modalities(X: np.ndarray, modalities: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return which row has which modality, (n, n_modalities), bool.

    A modality is missing where all its columns are NaN. Raises a ValueError for NaN in a
    part of a row's modality, a row without any, and any NaN where all columns are one.
    """
    present = np.ones((len(X), len(modalities)), dtype=bool)
    for index, (name, columns) in enumerate(modalities.items()):
        n_missing = np.zeros(len(X), dtype=np.intp)
        for block in np.array_split(columns, -(-len(columns) // _BLOCK_COLUMNS)):
            n_missing += np.isnan(X[:, block]).sum(axis=1)
        if list(modalities) == [ONLY] and n_missing.any():
            holed = np.flatnonzero(n_missing)
            raise ValueError(
                f"Input X contains NaN in {len(holed)} rows: {first_few(holed)}. With "
                "modalities=None all columns are one, which no row may lack: impute the "
                "values first, for example with sklearn.impute.SimpleImputer, or name in "
                "modalities the columns that may be missing together."
            )
        partly = np.flatnonzero((n_missing > 0) & (n_missing < len(columns)))
        if len(partly):
            raise ValueError(
                f"Input X contains NaN in part of modality {name!r} in {len(partly)} "
                f"rows: {first_few(partly)}. A modality is whole, or missing with NaN in "
                f"all its {len(columns)} columns: impute the single values first, for "
                "example with sklearn.impute.SimpleImputer."
            )
        present[:, index] = n_missing == 0
    empty = np.flatnonzero(~present.any(axis=1))
    if len(empty):
        raise ValueError(
            f"Input X contains NaN throughout {len(empty)} rows: {first_few(empty)}. A row "
            "needs at least one modality: drop these."
        )
    return present


def check_training_rows(
    present: np.ndarray, modalities: Mapping[str, np.ndarray], *, contrastive: bool
) -> None:
    """Refuse training rows from which some modality cannot be learned.

    Raises a ValueError if one is missing in all rows, by ``present`` (n, n_modalities), or,
    where the contrastive term has a weight, in all rows that have another one.
    """
    names = list(modalities)
    absent = np.flatnonzero(~present.any(axis=0))
    if len(absent):
        raise ValueError(
            f"Input X contains NaN throughout modality {names[absent[0]]!r}, and nothing "
            "can be learned of it. Give rows that have it, or drop its columns."
        )
    together = present.T.astype(np.float64) @ present
    np.fill_diagonal(together, 0)
    alone = np.flatnonzero(~together.any(axis=1))
    if contrastive and len(names) > 1 and len(alone):
        raise ValueError(
            f"No row of X has modality {names[alone[0]]!r} together with another, so there "
            "are no pairs to align it by. Give rows that have both, or set "
            "contrastive_weight=0 to learn from the classes alone."
        )
