"""Sequences as they are given: lists of arrays, or one padded array; and masks of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

_EXPECTED = (
    "a list of arrays of shape (n_timesteps, n_features), or one padded array of shape "
    "(n, n_timesteps, n_features)"
)


@dataclass(frozen=True)
class Sequences:
    """Sequences concatenated in time."""

    # (n_steps_in_all, n_features), floating point; cells that are not finite are unknown
    steps: np.ndarray
    lengths: np.ndarray  # (n,), int64, at least 1 each
    n_padded: int | None  # Timesteps of the padded array that was given; None for a list
    lengths_given: bool = False  # Whether lengths were given with the array

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def n_features(self) -> int:
        """Features of a timestep."""
        return self.steps.shape[1]

    def split(self, steps: np.ndarray) -> list[np.ndarray]:
        """Cut an array of as many rows as ``steps`` into one for each sequence."""
        return np.split(steps, np.cumsum(self.lengths)[:-1])


def read_sequences(X: Any, lengths: Any = None) -> Sequences:
    """Check sequences and concatenate them.

    ``lengths`` are those of a padded array; without them, timesteps at the end of its
    sequences that are NaN throughout are padding. Raises a TypeError for values that are
    not real numbers, and a ValueError for shapes or lengths that do not fit and a sequence
    without any finite value.
    """
    if getattr(X, "ndim", None) == 3:
        read = _from_padded(_as_float(X, "X"), lengths)
    else:
        if lengths is not None:
            raise ValueError(
                "lengths belong to a padded array of shape (n, n_timesteps, n_features); "
                "sequences of a list have their own. Leave lengths out."
            )
        read = _from_list(_as_list(X))
    if read.n_features == 0:
        raise ValueError("0 feature(s): X has no features; a timestep needs at least one.")
    _refuse(read.lengths == 0, "has no timesteps, or NaN throughout")
    known = np.isfinite(read.steps).any(axis=1)
    begin = np.cumsum(read.lengths) - read.lengths
    _refuse(~np.logical_or.reduceat(known, begin), "holds no finite value")
    return read


def _refuse(sequences: np.ndarray, fault: str) -> None:
    """Raise an error if any of ``sequences`` (n,) has a fault."""
    which = np.flatnonzero(sequences)
    if len(which):
        raise ValueError(
            f"Sequence {which[0]} {fault} ({len(which)} such in all). Leave such sequences "
            "and their labels out."
        )


def _as_list(X: Any) -> list[Any]:
    dimensions = getattr(X, "ndim", 1)
    if isinstance(X, (str, bytes)) or not hasattr(X, "__len__") or dimensions != 1:
        shape = f" of shape {X.shape}" if hasattr(X, "shape") else ""
        raise ValueError(
            f"X must be {_EXPECTED}, got {type(X).__name__}{shape}. Feature vectors "
            "without time are sequences of one step: X[:, np.newaxis, :]."
        )
    return list(X)


def _from_list(items: list[Any]) -> Sequences:
    if not items:
        raise ValueError(f"X holds no sequences; it must be {_EXPECTED}.")
    arrays = [_as_float(item, f"sequence {i}") for i, item in enumerate(items)]
    width = arrays[0].shape[-1] if arrays[0].ndim == 2 else None
    for i, array in enumerate(arrays):
        if array.ndim != 2:
            raise ValueError(
                f"Sequence {i} must have the shape (n_timesteps, n_features), got "
                f"{array.shape}. X must be {_EXPECTED}."
            )
        if array.shape[1] != width:
            raise ValueError(
                f"Sequence {i} has {array.shape[1]} features a timestep and sequence 0 has "
                f"{width}; all must have the same."
            )
    lengths = np.array([len(array) for array in arrays], dtype=np.int64)
    return Sequences(np.concatenate(arrays), lengths, None)


def _from_padded(X: np.ndarray, lengths: Any) -> Sequences:
    n, n_padded, _ = X.shape
    if n == 0 or n_padded == 0:
        raise ValueError(
            f"X has the shape {X.shape}: no sequences, or none with a timestep."
        )
    if lengths is None:
        there = ~np.isnan(X).all(axis=2)
        last = n_padded - there[:, ::-1].argmax(axis=1)
        checked = np.where(there.any(axis=1), last, 0)
    else:
        checked = _checked_lengths(lengths, n, n_padded)
    inside = np.arange(n_padded) < checked[:, None]
    return Sequences(
        X[inside], checked.astype(np.int64), n_padded, lengths_given=lengths is not None
    )


def _checked_lengths(lengths: Any, n: int, n_padded: int) -> np.ndarray:
    checked = np.asarray(lengths)
    if checked.shape != (n,):
        raise ValueError(
            f"lengths must have one number for each of the {n} sequences, got the shape "
            f"{checked.shape}."
        )
    if checked.dtype.kind not in "iuf" or not (checked == np.floor(checked)).all():
        raise ValueError(f"lengths must be whole numbers, got {checked[:5]} ...")
    bad = np.flatnonzero((checked < 0) | (checked > n_padded))
    if len(bad):
        raise ValueError(
            f"lengths[{bad[0]}] is {checked[bad[0]]}, but X has {n_padded} timesteps: "
            "lengths must lie between 1 and that."
        )
    return checked


def _as_float(values: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(values)
        if np.ma.isMaskedArray(values):
            small = array.dtype.kind == "f" and array.dtype.itemsize <= 4
            array = array.astype(np.float32 if small else np.float64)
            array[np.ma.getmaskarray(values)] = np.nan
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
    except (RuntimeError, TypeError, ValueError) as error:  # torch's are RuntimeError
        raise TypeError(
            f"{name} must hold numbers, with the same features at each timestep; it cannot "
            f"be made an array of them ({error})."
        ) from error
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, got the type {array.dtype}.")
    if array.dtype.kind == "f" and array.dtype.itemsize in (4, 8):
        return array
    small = array.dtype.itemsize <= 2
    return array.astype(np.float32 if small else np.float64)


def check_width(sequences: Sequences, expected: int, estimator: str) -> None:
    """Raise a ValueError for another number of features than that of ``fit``."""
    if sequences.n_features != expected:
        raise ValueError(
            f"X has {sequences.n_features} features a timestep, but {estimator} is "
            f"expecting {expected} features as input."
        )


class ReadsSequences:
    """Mixin of estimators whose X is sequences, with ``lengths`` or without."""

    n_features_in_: int
    _had_lengths: bool

    def _read_to_fit(self, X: Any, lengths: Any) -> Sequences:
        """Check parameters and sequences for a fit."""
        self._validate_params()  # type: ignore[attr-defined]
        sequences = read_sequences(X, lengths)
        routing = self.get_metadata_routing()  # type: ignore[attr-defined]
        asked = routing.fit.requests.get("lengths")
        # True or an alias; scikit-learn's own marks, such as "$WARN$", are not.
        expected = asked is True or (isinstance(asked, str) and asked.isidentifier())
        self._check_lengths(sequences, expected)
        return sequences

    def _read(self, X: Any, lengths: Any) -> Sequences:
        """Check that the estimator is fitted, its parameters, and sequences."""
        check_is_fitted(self, "_had_lengths")
        # Parameters may have been set since: an unknown pooling would pass for another.
        self._validate_params()  # type: ignore[attr-defined]
        sequences = read_sequences(X, lengths)
        check_width(sequences, self.n_features_in_, type(self).__name__)
        self._check_lengths(sequences, self._had_lengths)
        return sequences

    def _check_lengths(self, sequences: Sequences, expected: bool) -> None:
        """Refuse a padded array whose lengths were expected and are missing.

        Cross-validation without metadata routing passes them to ``fit`` alone; padding
        would then silently count as timesteps. With NaN padding they can be inferred.
        """
        n, n_padded = len(sequences), sequences.n_padded
        is_whole = n_padded is not None and sequences.lengths.min() == n_padded
        if not expected or sequences.lengths_given or not is_whole:
            return
        raise ValueError(
            f"{type(self).__name__} was fitted with lengths, or told to expect them, and "
            f"now got an array of shape {(n, n_padded, sequences.n_features)} without: "
            "padding would count as timesteps. Pass lengths=... here too; in "
            "cross-validation they arrive only with "
            "sklearn.set_config(enable_metadata_routing=True) and "
            ".set_fit_request(lengths=True).set_score_request(lengths=True). Or pass a "
            "list of sequences (list(X), where nothing is padded), or pad with NaN."
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags


def read_masks(mask: Any, sequences: Sequences) -> np.ndarray:
    """Check timesteps to hide and concatenate them, (n_steps_in_all,) bool.

    Raises a ValueError unless they are booleans in the form of the sequences.
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
    """Return a copy of ``X``, of its kind, with ``values`` (n_masked, n_features) in the
    timesteps ``masked`` (n_steps_in_all,).

    ``sequences`` is X as read, whose type is taken where that of X is not floating point.
    """
    dtype = sequences.steps.dtype
    is_padded = sequences.n_padded is not None
    restored = _as_floating(X, dtype) if is_padded else [_as_floating(x, dtype) for x in X]
    masks = sequences.split(masked)
    parts = np.split(values, np.cumsum([mask.sum() for mask in masks])[:-1])
    for one, mask, part in zip(restored, masks, parts, strict=True):
        one[: len(mask)][mask] = part
    return restored


def _as_floating(values: Any, otherwise: np.dtype) -> np.ndarray:
    array = np.asarray(values)
    return np.array(array, dtype=array.dtype if array.dtype.kind == "f" else otherwise)
