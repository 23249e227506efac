"""Modalities: named groups of columns, checked and turned into column numbers.

scikit-learn's column selection, of ColumnTransformer, is private; it takes a column twice,
and its errors do not name the group.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skmiaug.utils.files._untrusted import first_few

_EXAMPLE = "{'audio': slice(0, 768), 'text': slice(768, 1152)}"


def resolve_modalities(
    modalities: Mapping[str, Any],
    n_features: int,
    feature_names: Sequence[str] | np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Return the column numbers of each modality, in the order given.

    ``modalities`` maps names to a slice of column numbers, a list of them (negative ones
    count from the end), a boolean mask, or a list of the ``feature_names``. Each of the
    ``n_features`` columns belongs to exactly one.

    Raises
    ------
    TypeError
        ``modalities`` is not a mapping, or a group is none of the above.
    ValueError
        A group is empty or reaches beyond the columns, a name is unknown or not unique,
        two groups share a column, or a column is in no group.
    """
    if not isinstance(modalities, Mapping):
        raise TypeError(
            f"modalities must be a dict of named column groups, such as {_EXAMPLE}; got "
            f"{modalities!r}."
        )
    if not modalities:
        raise ValueError(
            f"modalities must name at least one group of columns, such as {_EXAMPLE}; got "
            "an empty dict."
        )
    groups = {}
    for name, columns in modalities.items():
        if not isinstance(name, str) or not name:
            raise TypeError(f"Names of modalities must be text, got {name!r}.")
        groups[name] = _column_numbers(name, columns, n_features, feature_names)
    _check_partition(groups, n_features, feature_names)
    return groups


def _column_numbers(
    name: str, columns: Any, n_features: int, feature_names: Any
) -> np.ndarray:
    what = f"modalities[{name!r}]"
    if isinstance(columns, slice):
        numbers = _from_slice(what, columns, n_features)
    else:
        numbers = _from_list(what, columns, n_features, feature_names)
    if len(numbers) == 0:
        raise ValueError(
            f"{what}={columns!r} names none of the {n_features} columns. Give it at least "
            "one column, or leave the modality out."
        )
    return numbers


def _from_slice(what: str, columns: slice, n_features: int) -> np.ndarray:
    try:
        numbers = np.arange(n_features)[columns]
    except TypeError as error:
        raise TypeError(
            f"{what} must be a slice of column numbers, got {columns!r}. List the names of "
            "columns instead."
        ) from error
    except ValueError as error:
        raise ValueError(f"{what}={columns!r}: {error}.") from error
    # Slices stop silently at the end of what they cut: here that would hide a mistake.
    ends = [end for end in (columns.start, columns.stop) if end is not None]
    if any(not -n_features <= end <= n_features for end in ends):
        raise _beyond(what, columns, n_features)
    return numbers


def _from_list(what: str, columns: Any, n_features: int, feature_names: Any) -> np.ndarray:
    wanted = None if isinstance(columns, (str, bytes)) else np.asarray(columns)
    if wanted is None or wanted.ndim != 1:
        raise TypeError(
            f"{what} must be a slice, a mask, or a list of column numbers or names, got "
            f"{columns!r}."
        )
    if len(wanted) == 0:
        return np.empty(0, dtype=np.intp)
    if wanted.dtype == bool:
        if len(wanted) != n_features:
            raise ValueError(
                f"{what} is a mask of {len(wanted)} columns, and X has {n_features}."
            )
        return np.flatnonzero(wanted)
    if np.issubdtype(wanted.dtype, np.integer):
        if wanted.min() < -n_features or wanted.max() >= n_features:
            raise _beyond(what, columns, n_features)
        return np.where(wanted < 0, wanted + n_features, wanted).astype(np.intp)
    if all(isinstance(column, str) for column in columns):
        return _from_names(what, wanted.tolist(), feature_names)
    raise TypeError(
        f"{what} must list column numbers or column names, not both nor anything else; got "
        f"{columns!r}."
    )


def _from_names(what: str, wanted: list[str], feature_names: Any) -> np.ndarray:
    if feature_names is None:
        raise ValueError(
            f"{what} lists column names, and X has none. Pass a DataFrame, or give column "
            "numbers."
        )
    known = list(feature_names)
    count = Counter(known)
    unknown = [column for column in wanted if column not in count]
    if unknown:
        raise ValueError(
            f"{what} names columns that X does not have: {first_few(unknown)}. X has: "
            f"{first_few(list(count))}."
        )
    twice = [column for column in wanted if count[column] > 1]
    if twice:
        raise ValueError(
            f"{what} names columns that X has more than once: {first_few(twice)}. Rename "
            "them, or give column numbers."
        )
    place = {column: number for number, column in enumerate(known)}
    return np.array([place[column] for column in wanted], dtype=np.intp)


def _check_partition(
    groups: dict[str, np.ndarray], n_features: int, feature_names: Any
) -> None:
    """Check that each column is in one group, once."""

    def shown(numbers: np.ndarray) -> str:
        labels = numbers if feature_names is None else np.asarray(feature_names)[numbers]
        return first_few(labels.tolist())

    owner = np.full(n_features, -1)
    names = list(groups)
    for index, (name, numbers) in enumerate(groups.items()):
        unique, counts = np.unique(numbers, return_counts=True)
        if (counts > 1).any():
            raise ValueError(
                f"modalities[{name!r}] names columns more than once: "
                f"{shown(unique[counts > 1])}."
            )
        taken = numbers[owner[numbers] >= 0]
        if len(taken):
            raise ValueError(
                f"modalities {names[owner[taken[0]]]!r} and {name!r} share columns: "
                f"{shown(taken)}. A column belongs to one modality."
            )
        owner[numbers] = index
    left = np.flatnonzero(owner < 0)
    if len(left):
        raise ValueError(
            f"{len(left)} of the {n_features} columns belong to no modality: "
            f"{shown(left)}. Add them to one, or drop them from X."
        )


def _beyond(what: str, columns: Any, n_features: int) -> ValueError:
    return ValueError(
        f"{what}={columns!r} reaches beyond the {n_features} columns of X, numbered 0 to "
        f"{n_features - 1}."
    )
