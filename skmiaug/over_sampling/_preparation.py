"""What a fit knows before it trains: scale, start, held-out rows and spread."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from skmiaug.over_sampling._class_gaussian import (
    ClassGaussian,
    fit_class_gaussian,
    means_by_class,
)
from skmiaug.over_sampling._column_scale import ColumnScale
from skmiaug.over_sampling._settings import FitSettings, held_out_counts
from skmiaug.over_sampling._spread import SPREAD_GRID, choose_spread
from skmiaug.utils._random import numpy_generator

_HOLD_OUT, _SUBSAMPLE = range(2)
_SPREAD_ROWS = 2000


@dataclass
class Preparation:
    """Rows as the networks see them, and all that does not depend on the networks.

    Fits that differ in ``mi_weight`` alone share one.

    Attributes
    ----------
    scale : ColumnScale
    gaussian : ClassGaussian
    whitened : ndarray of shape (n_rows, n_features), float32
        Sorted by class.
    sorted_classes : ndarray of shape (n_rows,)
    rows : Tensor of shape (n_rows, n_components)
        Leading columns of ``whitened``, on the device.
    classes : Tensor of shape (n_rows,)
        ``sorted_classes`` on the device.
    kept, held_out : Tensor of int
        Numbers of the rows to train on, and of those to look at.
    row_means, means : Tensor of shape (n_classes, n_components)
        Class means of the kept rows, and the same shrunken as those of all rows.
    spread : float
    """

    scale: ColumnScale
    gaussian: ClassGaussian
    whitened: np.ndarray
    sorted_classes: np.ndarray
    rows: Tensor
    classes: Tensor
    kept: Tensor
    held_out: Tensor
    row_means: Tensor
    means: Tensor
    spread: float

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.means)

    @cached_property
    def row_deviations(self) -> np.ndarray | None:
        """Whitened rows less their class mean; None at spread 1. Takes ``whitened`` up."""
        if self.spread >= 1.0:
            return None
        class_means = means_by_class(self.whitened, self.sorted_classes, self.n_classes)
        self.whitened -= class_means.astype(np.float32)[self.sorted_classes]
        return self.whitened


def prepare(
    X: np.ndarray,
    classes: np.ndarray,
    n_classes: int,
    settings: FitSettings,
    *,
    seed: int,
    device: torch.device,
) -> Preparation:
    """Whiten ``X`` (n, n_features), hold rows out, shrink the means, choose the spread."""
    scale = ColumnScale.fit(X)
    order = np.argsort(classes, kind="stable")
    classes = classes[order]
    Z = scale.transform(X[order] if (np.diff(order) != 1).any() else X)
    gaussian = fit_class_gaussian(Z, classes, n_classes)
    whitened = gaussian.whiten_in_place(Z)

    m = settings.n_components
    held = hold_out(classes, n_classes, settings.validation_fraction, seed)
    # A copy, even of all columns: ``whitened`` is made into deviations later.
    rows = torch.from_numpy(np.array(whitened[:, :m], order="C")).to(device)
    labels = torch.from_numpy(classes).to(device)
    # The class means of the kept rows, shrunken as much as those of all rows.
    row_means = torch.from_numpy(
        means_by_class(whitened[~held, :m], classes[~held], n_classes).astype(np.float32)
    ).to(device)
    keep = torch.from_numpy((1 - gaussian.mean_shrinkage).astype(np.float32)).to(device)
    spread = settings.spread
    if spread is None:
        some = subsample(len(classes), seed)
        picked = torch.from_numpy(some).to(device)
        spread = choose_spread(
            rows[picked],
            labels[picked],
            torch.from_numpy(
                means_by_class(whitened[:, :m], classes, n_classes).astype(np.float32)
            ).to(device),
            torch.from_numpy(gaussian.means[:, :m].copy()).to(device),
            SPREAD_GRID,
        )
    return Preparation(
        scale=scale,
        gaussian=gaussian,
        whitened=whitened,
        sorted_classes=classes,
        rows=rows,
        classes=labels,
        kept=torch.from_numpy(np.flatnonzero(~held)).to(device),
        held_out=torch.from_numpy(np.flatnonzero(held)).to(device),
        row_means=row_means,
        means=keep[:, None] * row_means,
        spread=spread,
    )


def hold_out(classes: np.ndarray, n_classes: int, fraction: float, seed: int) -> np.ndarray:
    """Mask (n,) of the rows to hold out, drawn class by class."""
    rng = numpy_generator(seed, _HOLD_OUT)
    wanted = held_out_counts(np.bincount(classes, minlength=n_classes), fraction)
    held = np.zeros(len(classes), dtype=bool)
    for c in range(n_classes):
        held[rng.choice(np.flatnonzero(classes == c), wanted[c], replace=False)] = True
    return held


def subsample(n: int, seed: int) -> np.ndarray:
    if n <= _SPREAD_ROWS:
        return np.arange(n)
    chosen = numpy_generator(seed, _SUBSAMPLE).choice(n, _SPREAD_ROWS, replace=False)
    return np.sort(chosen)
