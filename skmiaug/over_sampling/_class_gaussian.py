"""Where the generator starts: a class-conditional Gaussian, shrunken twice.

All classes share one covariance, shrunk towards a multiple of the identity (Ledoit and
Wolf, 2004), and the class means are shrunk towards the grand mean (James and Stein, 1961).
In the coordinates that make the covariance the identity, a row of class c is μ_c + e with
standard normal e.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from skmiaug.over_sampling._mean_shrinkage import (
    james_stein_shrinkage,
    shrinkage_by_direction,
)
from skmiaug.over_sampling._row_blocks import Rows, row_blocks
from skmiaug.over_sampling._spectrum import Spectrum, spectrum_of


@dataclass(frozen=True)
class ClassGaussian:
    """Class means and shared covariance, in whitened coordinates.

    Whitened rows are u = (z - grand_mean) V / deviation, with the eigenvectors V of the
    shrunken covariance in order of falling eigenvalues.

    Attributes
    ----------
    grand_mean : ndarray of shape (n_features,), float32
        Mean of the rows.
    axes : ndarray of shape (n_features, n_features), float32
        Eigenvectors, one a column.
    deviation : ndarray of shape (n_features,), float32
        Square roots of the eigenvalues of the shrunken covariance.
    means : ndarray of shape (n_classes, n_features), float32
        Shrunken class means, whitened.
    noise : ndarray of shape (n_classes,), float32
        Scale of the noise of each class: 1, less for a class of one row.
    shrinkage : float
        Weight of the identity in the covariance, in [0, 1].
    mean_shrinkage : ndarray of shape (n_classes,), float64
        Share of each class mean's distance to the grand mean that was taken away.
    direction_shrinkage : ndarray of shape (n_features,), float64
        Share of the means that is noise along each direction, by blocks of neighbours.
    """

    grand_mean: np.ndarray
    axes: np.ndarray
    deviation: np.ndarray
    means: np.ndarray
    noise: np.ndarray
    shrinkage: float
    mean_shrinkage: np.ndarray
    direction_shrinkage: np.ndarray

    def whiten_in_place(self, Z: np.ndarray) -> np.ndarray:
        """Overwrite float32 rows ``Z`` by their whitened coordinates, and return them."""
        for rows, whitened in self.whitened_blocks(Z):
            Z[rows] = whitened
        return Z

    def whitened_blocks(self, Z: Rows) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield which rows, and their whitened coordinates, block by block."""
        whitening = self.axes / self.deviation
        for rows in row_blocks(len(Z)):
            yield rows, (Z[rows] - self.grand_mean) @ whitening

    def colour(self) -> np.ndarray:
        """Return the (n_features, n_features) matrix C for which z = grand_mean + u C."""
        return np.multiply(self.axes.T, self.deviation[:, None], order="C")


SINGLE_ROW_NOISE = 0.5


def fit_class_gaussian(Z: Rows, classes: np.ndarray, n_classes: int) -> ClassGaussian:
    """Fit the start to standardised rows.

    Parameters
    ----------
    Z : Rows of shape (n, n_features), float32
        Read twice, block by block.
    classes : ndarray of shape (n,)
        Class indices, each of 0 to n_classes - 1 at least once.
    n_classes : int

    Notes
    -----
    A class of one row gives no deviation and its mean no hint of its own error: its row
    is kept as the mean and the noise is halved.
    """
    counts = np.bincount(classes, minlength=n_classes)
    class_means = means_by_class(Z, classes, n_classes)
    spectrum = spectrum_of(Z, classes, class_means)
    n_free = max(len(Z) - n_classes, 1)
    shrinkage = ledoit_wolf_shrinkage(spectrum, len(Z))
    values = np.maximum(spectrum.values, 0.0) * (len(Z) / n_free)
    axes = spectrum.axes
    spherical = values.mean()
    if spherical == 0.0:
        # Classes of identical rows: nothing is known of their spread.
        spherical, shrinkage = 1e-6, 1.0
    shrunken = (1 - shrinkage) * values + shrinkage * spherical
    deviation = np.sqrt(np.maximum(shrunken, 1e-7 * spherical))

    grand_mean = counts @ class_means / len(Z)
    whitened = ((class_means - grand_mean) @ axes) / deviation
    single = counts == 1
    several = ~single if not single.all() else np.ones(n_classes, dtype=bool)
    shrunken_by = james_stein_shrinkage(whitened[several], counts[several])
    by_direction = shrinkage_by_direction(whitened[several], counts[several], n_free)
    kept = np.where(single, 1.0, 1.0 - shrunken_by)
    return ClassGaussian(
        grand_mean=grand_mean.astype(np.float32),
        axes=np.ascontiguousarray(axes, dtype=np.float32),
        deviation=deviation.astype(np.float32),
        means=(kept[:, None] * whitened).astype(np.float32),
        noise=np.where(single, SINGLE_ROW_NOISE, 1.0).astype(np.float32),
        shrinkage=float(shrinkage),
        mean_shrinkage=1.0 - kept,
        direction_shrinkage=by_direction,
    )


def means_by_class(rows: Rows, classes: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the float64 mean of each class, (n_classes, n_features)."""
    sums = np.zeros((n_classes, rows.shape[1]))
    for block in row_blocks(len(rows)):
        values, own = rows[block], classes[block]
        for c in np.unique(own):
            sums[c] += values[own == c].sum(axis=0, dtype=np.float64)
    return sums / np.bincount(classes, minlength=n_classes)[:, None]


def ledoit_wolf_shrinkage(spectrum: Spectrum, n: int) -> float:
    """Weight of the identity that minimises the expected squared error.

    Parameters
    ----------
    spectrum : Spectrum
        Of n centred rows.
    n : int

    Returns
    -------
    float
        In [0, 1]; Ledoit and Wolf (2004), lemma 3.3. The same as
        ``sklearn.covariance.ledoit_wolf_shrinkage``, from sums that can be taken in chunks.
    """
    squared_norm, d = spectrum.squared_norm, len(spectrum.values)
    dispersion = squared_norm - spectrum.trace**2 / d
    error = (spectrum.fourth_moment - squared_norm) / n
    return 0.0 if dispersion <= 0 else float(np.clip(error / dispersion, 0.0, 1.0))
