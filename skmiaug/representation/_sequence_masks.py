"""Timesteps to hide, and sequences with some restored, in the way the sequences came in."""

from typing import Any

import numpy as np

from skmiaug.representation._sequence_input import Sequences


def read_masks(mask: Any, sequences: Sequences) -> np.ndarray:
    """Check timesteps to hide and put them end to end, (n_steps_in_all,) bool.

    Parameters
    ----------
    mask : array-like of shape (n, n_timesteps), or list of array-like of shape \
            (n_timesteps,)
        Booleans, in the way that the sequences came in.
    sequences : Sequences

    Raises
    ------
    ValueError
        Shapes do not fit, or the values are not booleans.
    """
    if sequences.n_padded is not None:
        shape = (len(sequences), sequences.n_padded)
        array = _as_mask(mask, shape, "mask", "the padded sequences")
        return array[np.arange(shape[1]) < sequences.lengths[:, None]]
    if not hasattr(mask, "__len__") or len(mask) != len(sequences):
        got = len(mask) if hasattr(mask, "__len__") else repr(mask)
        raise ValueError(
            f"mask must have one array for each of the {len(sequences)} sequences, got "
            f"{got}."
        )
    return np.concatenate(
        [
            _as_mask(one, (int(length),), f"mask[{i}]", "its sequence")
            for i, (one, length) in enumerate(zip(mask, sequences.lengths, strict=True))
        ]
    )


def _as_mask(mask: Any, shape: tuple[int, ...], name: str, owner: str) -> np.ndarray:
    try:
        array = np.asarray(mask)
        got = f"{array.dtype} of shape {array.shape}"
    except ValueError:  # rows of different lengths
        array, got = np.empty(0), "rows of different lengths"
    if array.shape != shape or array.dtype != bool:
        raise ValueError(
            f"{name} must hold booleans and have the shape {shape} of {owner}, got {got}."
        )
    return array


def with_restored(
    X: Any, sequences: Sequences, masked: np.ndarray, values: np.ndarray
) -> Any:
    """Return a copy of ``X``, of its kind, with ``values`` in the timesteps ``masked``.

    Parameters
    ----------
    X : list of array-like, or array-like of shape (n, n_timesteps, n_features)
        As it was given; what is not floating point becomes what it was read as.
    sequences : Sequences
        What was read from it.
    masked : ndarray of shape (n_steps_in_all,), bool
    values : ndarray of shape (n_masked, n_features)
    """
    if sequences.n_padded is not None:
        padded = _as_floating(X, sequences.steps.dtype)
        hidden = np.zeros(padded.shape[:2], dtype=bool)
        hidden[np.arange(sequences.n_padded) < sequences.lengths[:, None]] = masked
        padded[hidden] = values
        return padded
    restored = [_as_floating(x, sequences.steps.dtype) for x in X]
    masks = sequences.split(masked)
    ends = np.cumsum([mask.sum() for mask in masks])
    for one, mask, end in zip(restored, masks, ends, strict=True):
        one[mask] = values[end - mask.sum() : end]
    return restored


def _as_floating(values: Any, otherwise: np.dtype) -> np.ndarray:
    array = np.asarray(values)
    return np.array(array, dtype=array.dtype if array.dtype.kind == "f" else otherwise)
