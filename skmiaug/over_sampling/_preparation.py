"""What a fit knows before it trains: scale, start, held-out rows and spread."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from skmiaug.over_sampling._class_gaussian import (
    ClassGaussian,
    means_by_class,
)
from skmiaug.over_sampling._column_scale import ColumnScale
from skmiaug.over_sampling._hold_out import hold_out
from skmiaug.over_sampling._left_out import FittedRows
from skmiaug.over_sampling._row_blocks import row_blocks
from skmiaug.over_sampling._settings import FitSettings
from skmiaug.over_sampling._spread import SPREAD_GRID, choose_spread
from skmiaug.over_sampling._subsample import subsample
from skmiaug.over_sampling._whitened import mapped_rows, rows_in_memory
from skmiaug.utils._memory_map import is_memory_mapped


class WhitenedRows(NamedTuple):
    """Rows whitened in all columns, (n, n_features), and their class indices, (n,)."""

    rows: np.ndarray
    classes: np.ndarray


@dataclass
class Preparation:
    """Rows as the networks see them, and all that does not depend on the networks.

    Fits that differ in ``mi_weight`` alone share one.

    Attributes
    ----------
    scale : ColumnScale
    gaussian : ClassGaussian
    whitened : callable
        Returns the rows (n_rows, n_features), whitened, float32 and sorted by class, in
        memory or in a scratch file; called once at most, what it returns may be changed.
    sorted_classes : ndarray of shape (n_rows,)
    rows : Tensor of shape (n_rows, n_components)
        Their leading columns, on the device.
    classes : Tensor of shape (n_rows,)
        ``sorted_classes`` on the device.
    kept_count : Tensor of shape (n_classes,)
        Rows of each class to train on, the first ones of the class.
    held_out : Tensor of int
        Numbers of the rows to look at, the last ones of their classes.
    row_means, means : Tensor of shape (n_classes, n_components)
        Class means of the kept rows, and the same shrunken as those of all rows.
    some : WhitenedRows
        Some rows in all their columns: the leading ones may say nothing of the classes
        where a few columns vary most, as in the last layer of a speech encoder.
    spread : float
    """

    scale: ColumnScale
    gaussian: ClassGaussian
    whitened: Callable[[], np.ndarray]
    sorted_classes: np.ndarray
    rows: Tensor
    classes: Tensor
    kept_count: Tensor
    held_out: Tensor
    row_means: Tensor
    means: Tensor
    some: WhitenedRows
    spread: float

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.means)

    def summary(self) -> dict[str, np.ndarray]:
        """What tells this from the preparation of other rows or settings; small arrays."""
        counts = np.bincount(self.sorted_classes, minlength=self.n_classes)
        return {
            "rows of each class": counts,
            "column means": self.scale.center,
            "spread": np.array(self.spread),
            "class means": self.row_means.cpu().numpy(),
        }

    @cached_property
    def row_deviations(self) -> np.ndarray | None:
        """Whitened rows less their class mean; None at spread 1. Takes ``whitened`` up."""
        if self.spread >= 1.0:
            return None
        deviations, classes = self.whitened(), self.sorted_classes
        means = means_by_class(deviations, classes, self.n_classes).astype(np.float32)
        for block in row_blocks(len(classes)):
            deviations[block] -= means[classes[block]]
        return deviations


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
    scale = ColumnScale.fit(X, classes, settings.marginals)
    held = hold_out(classes, n_classes, settings.validation_fraction, seed)
    # By class, and within each class those to train on first: both are then slices.
    order = np.lexsort((held, classes))
    whiten = mapped_rows if is_memory_mapped(X) else rows_in_memory
    gaussian, leading, whitened = whiten(
        X, classes, n_classes, scale, order, settings.n_components
    )
    classes, held = classes[order], held[order]
    rows, labels = (torch.from_numpy(a).to(device) for a in (leading, classes))

    count = np.bincount(classes[~held], minlength=n_classes)
    begin = np.searchsorted(classes, np.arange(n_classes))
    row_means = _means_of_runs(leading, begin, begin + count)
    # The class means of the kept rows, shrunken as much as those of all rows.
    keep = (1 - gaussian.mean_shrinkage).astype(np.float32)
    picked = subsample(classes, seed)
    some = WhitenedRows(
        gaussian.whiten_in_place(scale.transform(X[order[picked]])), classes[picked]
    )
    spread = settings.spread
    if spread is None:
        counts = np.bincount(classes, minlength=n_classes)
        spread = _choose_spread(some, gaussian, counts, device)
    return Preparation(
        scale=scale,
        gaussian=gaussian,
        whitened=whitened,
        sorted_classes=classes,
        rows=rows,
        classes=labels,
        kept_count=torch.from_numpy(count).to(device),
        held_out=torch.from_numpy(np.flatnonzero(held)).to(device),
        row_means=torch.from_numpy(row_means).to(device),
        means=torch.from_numpy(keep[:, None] * row_means).to(device),
        some=some,
        spread=spread,
    )


def _choose_spread(
    some: WhitenedRows, gaussian: ClassGaussian, counts: np.ndarray, device: torch.device
) -> float:
    kept = (1 - gaussian.mean_shrinkage).astype(np.float32)
    fitted = FittedRows.of(
        rows=some.rows,
        classes=some.classes,
        row_means=gaussian.means / kept[:, None],
        means=gaussian.means,
        kept=kept,
        counts=counts,
        shrinkage=gaussian.shrinkage,
        device=device,
    )
    return choose_spread(fitted, SPREAD_GRID)


def _means_of_runs(rows: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Means of rows that stand together, one run for each class, float32."""
    runs = zip(begin, end, strict=True)
    means = [rows[b:e].mean(axis=0, dtype=np.float64) for b, e in runs]
    return np.stack(means).astype(np.float32)
