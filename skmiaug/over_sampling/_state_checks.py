"""Checks of a sampler that was read from a file: whether its pieces belong together.

A checksum tells that a file is as it was written, and not that what was written makes
sense. What does not would draw rows of nonsense, or fail at the first draw, far from the
file that is to blame.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skmiaug.over_sampling._class_gaussian import ClassGaussian
from skmiaug.over_sampling._column_scale import ColumnScale
from skmiaug.over_sampling._joint_sampler import JointSampler
from skmiaug.over_sampling._row_sampler import RowSampler

_SINGLE = np.dtype(np.float32)
_SUM_TOLERANCE = 1e-6


def check_finite(arrays: Mapping[str, np.ndarray], but: Sequence[str] = ()) -> None:
    """Refuse NaN and infinity in any array, but for those named.

    Raises
    ------
    ValueError
        As do all checks here, naming the piece.
    """
    for name, array in arrays.items():
        if name not in but and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name} has NaN or infinity")


def check_row_sampler(sampler: RowSampler) -> None:
    """Refuse a sampler whose pieces are of other rows, classes or types."""
    n_classes, d = sampler.gaussian.means.shape
    _check_gaussian(sampler.gaussian, n_classes, d)
    _check_scale(sampler.scale, d)
    _require(0 < sampler.n_components <= d, "n_components")
    _check_shares(sampler.spread, sampler.residual_strength, sampler.rejection)
    around = None if sampler.row_deviations is None else [sampler.row_deviations]
    _check_rows(sampler.class_begin, n_classes, around, [d])
    _require((around is None) == (sampler.spread == 1), "row_deviations")


def check_joint_sampler(sampler: JointSampler) -> None:
    """As :func:`check_row_sampler`, for several modalities."""
    parts, sizes = sampler.gaussian.parts, sampler.gaussian.sizes
    n_classes = len(parts[0].means)
    widths = [part.means.shape[1] for part in parts]
    for part, scale, width in zip(parts, sampler.scales, widths, strict=True):
        _check_gaussian(part, n_classes, width)
        _check_scale(scale, width)
    coherent = sampler.gaussian.coherent_sizes
    fits = [0 < m <= n <= w for m, n, w in zip(sizes, coherent, widths, strict=True)]
    _require(all(fits), "sizes")
    _check_array("coherence", sampler.gaussian.coherence, (sum(coherent), sum(coherent)))
    np.linalg.cholesky(sampler.gaussian.coherence.astype(float))  # there is one
    _check_shares(sampler.spread, sampler.residual_strength, sampler.rejection)
    around, given = sampler.start.row_deviations, sampler.given_spread
    _check_rows(sampler.start.class_begin, n_classes, around, widths)
    _require((around is None) == (sampler.spread == 1 and given is None), "row_deviations")
    last = len(parts) - 1
    _require(sampler.n_made == (len(parts) if given is None else last), "n_made")
    if given is not None:
        _require(0 <= given <= 1, "given_spread")
    rows = sampler.given_rows
    _require((rows is None) == (given != 0), "given_rows")
    if rows is not None:
        n_rows = int(sampler.start.class_begin[-1])
        _check_array("given_rows", rows, (n_rows, widths[last]), rows.dtype)


def check_augmenter(augmenter: Any) -> None:
    """Refuse attributes of other columns or classes than those of the sampler."""
    sampler, n_features = augmenter._sampler, augmenter.n_features_in_
    if isinstance(sampler, JointSampler):
        widths = [len(scale.center) for scale in sampler.scales]
        n_classes = len(sampler.gaussian.parts[0].means)
        if sampler.given_spread is not None:
            _require(augmenter.n_condition_features_in_ == widths[1], "condition")
            made = [np.arange(widths[0])]
        else:
            made = list(augmenter.modalities_.values())
            _require([len(columns) for columns in made] == widths, "modalities")
        columns = np.sort(np.concatenate(made))
        _require(np.array_equal(columns, np.arange(n_features)), "n_features_in_")
    else:
        n_classes = len(sampler.gaussian.means)
        _require(n_features == len(sampler.scale.center), "n_features_in_")
    labels, shares = augmenter.classes_, augmenter._class_shares
    _require(labels.shape == (n_classes,), "classes")
    _require(len(set(labels.tolist())) == n_classes, "classes")
    _require(shares.shape == (n_classes,) and shares.min() > 0, "class_shares")
    _require(abs(shares.sum() - 1) < _SUM_TOLERANCE, "class_shares")
    _require(isinstance(augmenter._seed, int) and augmenter._seed >= 0, "seed")
    for name in ("feature_names_in_", "_column_dtypes"):
        of_columns = getattr(augmenter, name, None)
        _require(of_columns is None or len(of_columns) == n_features, name.strip("_"))


def _check_gaussian(gaussian: ClassGaussian, n_classes: int, d: int) -> None:
    for name, shape in {
        "grand_mean": (d,),
        "axes": (d, d),
        "deviation": (d,),
        "means": (n_classes, d),
        "noise": (n_classes,),
    }.items():
        _check_array(f"gaussian.{name}", getattr(gaussian, name), shape)
    double = np.dtype(float)
    for name, n in {"mean_shrinkage": n_classes, "direction_shrinkage": d}.items():
        _check_array(f"gaussian.{name}", getattr(gaussian, name), (n,), double)
    _require((gaussian.deviation > 0).all(), "gaussian.deviation")
    _require((gaussian.noise >= 0).all(), "gaussian.noise")


def _check_scale(scale: ColumnScale, d: int) -> None:
    _require(scale.dtype.kind in "fiub", "dtype")
    for name in ("center", "scale"):
        _check_array(f"scale.{name}", getattr(scale, name), (d,), np.dtype(float))
    _require((scale.scale >= 0).all(), "scale.scale")
    if scale.scores is not None:
        columns = scale.scores.columns
        _require(columns.dtype.kind in "iu" and columns.ndim == 1, "scale.scores.columns")
        _require(((columns >= 0) & (columns < d)).all(), "scale.scores.columns")


def _check_shares(spread: float, residual_strength: float, rejection: float) -> None:
    _require(0 < spread <= 1, "spread")
    _require(0 <= residual_strength <= 1, "residual_strength")
    _require(0 <= rejection < 1, "rejection")


def _check_rows(
    class_begin: np.ndarray,
    n_classes: int,
    row_deviations: Sequence[np.ndarray] | None,
    widths: Sequence[int],
) -> None:
    _check_array("class_begin", class_begin, (n_classes + 1,), class_begin.dtype)
    _require(class_begin.dtype.kind in "iu" and class_begin[0] == 0, "class_begin")
    _require((np.diff(class_begin.astype(np.int64)) > 0).all(), "class_begin")
    n_rows = int(class_begin[-1])
    if row_deviations is not None:
        for rows, width in zip(row_deviations, widths, strict=True):
            _check_array("row_deviations", rows, (n_rows, width))


def _check_array(
    name: str, array: np.ndarray, shape: tuple[int, ...], dtype: np.dtype = _SINGLE
) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(
            f"{name} of shape {array.shape} and type {array.dtype}, expected {shape} and "
            f"{dtype}"
        )


def _require(condition: Any, name: str) -> None:
    if not condition:
        raise ValueError(f"{name} does not fit the rest")
