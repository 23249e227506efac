"""A data set with its made rows behind, as ``fit_resample`` returns it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch

from skmiaug.over_sampling._class_rows import draw_class
from skmiaug.over_sampling._column_scale import fit_into_types
from skmiaug.over_sampling._pairing import Combination, combinations_of, draw_combination
from skmiaug.utils._device import resolve_device
from skmiaug.utils._progress import ProgressBar


class Resampled(NamedTuple):
    """Rows given and made; n of them.

    Attributes
    ----------
    X : ndarray of shape (n, n_features)
    y : ndarray of shape (n,)
    mask : ndarray of shape (n,) or (n, n_modalities), bool
        What was made: which rows, or which modalities of each row.
    condition : ndarray of shape (n, n_condition_features) or None
        What the rows go with.
    """

    X: np.ndarray
    y: np.ndarray
    mask: np.ndarray
    condition: np.ndarray | None


def resample(
    augmenter: Any,
    X: np.ndarray,
    y: np.ndarray,
    condition: np.ndarray | None,
    to_make: Mapping[Any, int],
) -> Resampled:
    """Put the rows that ``to_make`` asks for behind ``X``.

    Parameters
    ----------
    augmenter : MIGANAugmenter
        Its sampler is fitted.
    X : ndarray of shape (n_real, n_features)
    y : ndarray of shape (n_real,)
    condition : ndarray of shape (n_real, n_condition_features) or None
    to_make : mapping of class to int
        Rows to make of each class.
    """
    n_real, n_made = len(X), sum(to_make.values())
    X_new = np.empty((n_real + n_made, X.shape[1]), dtype=X.dtype)
    X_new[:n_real] = X
    modalities = getattr(augmenter, "modalities_", None)
    mask = np.arange(len(X_new)) >= n_real
    if modalities is not None:
        mask = np.repeat(mask[:, None], len(modalities), axis=1)
    conditions = None
    if condition is not None:
        conditions = np.empty((len(X_new), condition.shape[1]), dtype=condition.dtype)
        conditions[:n_real] = condition
    labels = [y]
    begin = n_real
    with _progress_bar(augmenter, n_made) as bar:
        for label, n in to_make.items():
            if n == 0:
                continue
            rows = slice(begin, begin + n)
            index = int(np.searchsorted(augmenter.classes_, label))
            if modalities is not None and augmenter.pairing == "all":
                _combine(augmenter, X[y == label], index, X_new[rows], mask[rows])
            else:
                used = draw_class(augmenter, X_new[rows], index, augmenter._seed)
                if conditions is not None:
                    conditions[rows] = used
            labels.append(np.full(n, label, dtype=y.dtype))
            begin += n
            bar.show(begin - n_real)
    return Resampled(X_new, np.concatenate(labels), mask, conditions)


def _progress_bar(augmenter: Any, n_made: int) -> ProgressBar:
    """A bar of rows made, in the first of several processes only."""
    shown = augmenter.verbose > 0
    if shown and augmenter.data_parallel:
        shown = torch.distributed.get_rank() == 0
    name = f"{type(augmenter).__name__}, making rows"
    return ProgressBar(n_made, name, enabled=shown, unit="row")


def _combine(
    augmenter: Any, real: np.ndarray, class_index: int, out: np.ndarray, mask: np.ndarray
) -> None:
    """Fill ``out`` and ``mask`` with all combinations of a class's parts."""
    columns = list(augmenter.modalities_.values())
    parts = {k: real[:, own] for k, own in enumerate(columns)}
    device = resolve_device(augmenter.device)
    for rows, combination in _spans(len(columns), len(real), len(out)):
        drawn = draw_combination(
            augmenter._sampler, combination, parts, class_index,
            seed=augmenter._seed, device=device,
        )  # fmt: skip
        for k, own in enumerate(columns):
            made = k in combination.made
            mask[rows, k] = made
            part = drawn[k]
            if made and augmenter._column_dtypes is not None:
                fit_into_types(part, [augmenter._column_dtypes[c] for c in own])
            out[rows, own] = part


def _spans(
    n_modalities: int, n_real: int, n_made: int
) -> Iterator[tuple[slice, Combination]]:
    """Yield where the rows of each combination go."""
    # n_made = 2^K (n_real + n_more) - n_real, see `combinations_of`.
    n_more = (n_made + n_real) // 2**n_modalities - n_real
    begin = 0
    for combination in combinations_of(n_modalities, n_real, n_more):
        yield slice(begin, begin + combination.n), combination
        begin += combination.n
