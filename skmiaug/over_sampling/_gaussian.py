"""GaussianAugmenter: the closed-form prior, without any network."""

from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skmiaug.base import register_state, require_state
from skmiaug.over_sampling._base import GIVEN_BANDWIDTHS, BaseAugmenter
from skmiaug.over_sampling.columns._normal_scores import ColumnScores, NormalScores
from skmiaug.over_sampling.columns._scale import ColumnScale
from skmiaug.over_sampling.columns._transform import ColumnGroup, ColumnTransform
from skmiaug.over_sampling.prior._prior import Prior, fit_prior

PRIOR_CONSTRAINTS: dict[str, Any] = {
    **BaseAugmenter._parameter_constraints,
    "expansion": [Interval(Real, 1, None, closed="left")],
    "mi_weight": [Interval(Real, 0, None, closed="left")],
    "bandwidth": [Interval(Real, 0, 1, closed="right"), StrOptions({"auto"})],
    "marginals": [StrOptions({"auto", "gaussian", "empirical"})],
    "verbose": ["verbose"],
    "modalities": [dict, None],
    "pairing": [StrOptions({"generated", "all"})],
    "condition_sampling": [StrOptions(set(GIVEN_BANDWIDTHS))],
    "require_condition": ["boolean"],
}

for _part in (ColumnScores, NormalScores, ColumnScale, ColumnGroup, ColumnTransform, Prior):
    register_state(_part)


def prior_of(
    augmenter: Any, Z: np.ndarray, T: np.ndarray, rng: np.random.Generator
) -> Prior:
    """Fit the prior with the parameters of an augmenter that has them."""
    conditioned = hasattr(augmenter, "n_condition_features_in_")
    return fit_prior(
        Z,
        T,
        augmenter._transform,
        mi_weight=augmenter.mi_weight,
        bandwidth=augmenter.bandwidth,
        given_bandwidth=(
            GIVEN_BANDWIDTHS[augmenter.condition_sampling] if conditioned else None
        ),
        rng=rng,
    )


@register_state
class GaussianAugmenter(BaseAugmenter):
    """Over-sample by a shrunken class-conditional Gaussian, in closed form.

    Samples of a class are drawn around its mean, which is shrunken towards the grand mean
    (James and Stein, 1961), with one covariance for all classes that is shrunken towards a
    multiple of the identity (Ledoit and Wolf, 2004). Below a bandwidth of 1 they lie near
    real rows of the class. Nothing is trained, and torch is not needed.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        As in imbalanced-learn: ``"auto"`` or ``"not majority"`` balances all classes to the
        largest, a dict gives the wanted rows of each class, a float the ratio of two
        classes, a callable takes y and returns such a dict.

    expansion : float, default=1.0
        Above 1, every class, the largest too, grows to ``expansion`` times the largest.
        Needs a ``sampling_strategy`` given as text.

    mi_weight : float, default=1.0
        λ in [0, 1], larger values count as 1: how far class means are kept in directions
        that have information about the class, and shrunken in the others. At 0 all
        directions are shrunken alike.

    bandwidth : float in (0, 1] or "auto", default="auto"
        1 samples the Gaussian alone; below, the share of Gaussian noise around a real row
        of the class, and small values stay near real rows. "auto" takes the one of 0.3,
        0.5, 0.7, 0.85 and 1 whose samples best predict the class of left-out rows, in
        nats, or the next smaller one if that is not 1.

    marginals : {"auto", "gaussian", "empirical"}, default="auto"
        Distribution of a column. "gaussian": by mean and standard deviation. "empirical":
        the column is replaced by normal scores of its own distribution, each class
        counting the same, and samples are mapped back, so that they stay in its range.
        "auto" does that for columns with heavy tails: skewness above 2 or kurtosis above 9
        around the class means.

    modalities : dict of str to columns, or None, default=None
        Named groups of the columns of ``X`` that belong to one modality, such as
        ``{"audio": slice(0, 768), "text": slice(768, 1152)}``, or lists of column names.
        They are generated together and depend on each other as in the data; a row of
        which a modality is all NaN lacks it. Each column is in one group.

    pairing : {"generated", "all"}, default="generated"
        With ``modalities``: generate whole rows only, or all combinations of real and
        generated modalities within a class. With N rows of a class after balancing, each
        of the 2 ** n_modalities combinations then gets N rows; missing real rows are
        generated as a whole.

    condition_sampling : {"gaussian", "rows", "noise"}, default="gaussian"
        Where the condition of a synthetic row comes from: the class Gaussian of the
        conditions, a real row of the class (moved as the class mean is shrunken), or one
        with as much noise.

    require_condition : bool, default=False
        Whether a fit without condition is an error. It always is one after
        ``set_fit_resample_request(condition=True)``.

    random_state : int, RandomState instance or None, default=None
        Seed of everything. None draws one from numpy's global state.

    verbose : int, default=0
        1 shows a progress bar of the samples.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    sampling_strategy_ : dict
        Rows to generate of each class.
    n_features_in_, feature_names_in_
        As in scikit-learn.
    bandwidth_ : float
        The bandwidth that was chosen.
    mutual_information_ : float
        Lower bound of I(c; x̂) of balanced samples, nats, by a classifier that was fitted
        to real rows.
    mutual_information_max_ : float
        ln(n_classes), its upper bound.
    synthetic_mask_ : ndarray of shape (n_rows_returned,) or (..., n_modalities), bool
        Which rows of ``fit_resample`` are synthetic, or which modalities of each row.
        Absent after ``fit``.
    condition_ : ndarray of shape (n_rows_returned, n_condition_features)
        Conditions of the rows of ``fit_resample``. Only with a condition.
    n_condition_features_in_ : int
        Columns of the condition. Only with a condition.
    modalities_ : dict of str to ndarray
        Column numbers of each modality. Only with ``modalities``.

    See Also
    --------
    MIGANAugmenter : The same prior, refined by an InfoGAN.
    skmiaug.over_sampling.BaseAugmenter : How to write an augmenter of your own.

    References
    ----------
    James and Stein (1961): Estimation with Quadratic Loss.
    Ledoit and Wolf (2004): A well-conditioned estimator for large-dimensional covariance
    matrices.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skmiaug import GaussianAugmenter
    >>> X, y = make_classification(n_samples=200, weights=[0.9], random_state=0)
    >>> X_new, y_new = GaussianAugmenter(random_state=0).fit_resample(X, y)
    >>> int((y_new == 1).sum()) == int((y_new == 0).sum())
    True
    """

    _parameter_constraints = PRIOR_CONSTRAINTS
    bandwidth_: float
    _generator: Prior

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        expansion: float = 1.0,
        mi_weight: float = 1.0,
        bandwidth: float | str = "auto",
        marginals: str = "auto",
        modalities: dict[str, Any] | None = None,
        pairing: str = "generated",
        condition_sampling: str = "gaussian",
        require_condition: bool = False,
        random_state: Any = None,
        verbose: int = 0,
    ):
        super().__init__(sampling_strategy=sampling_strategy, random_state=random_state)
        self.expansion = expansion
        self.mi_weight = mi_weight
        self.bandwidth = bandwidth
        self.marginals = marginals
        self.modalities = modalities
        self.pairing = pairing
        self.condition_sampling = condition_sampling
        self.require_condition = require_condition
        self.verbose = verbose

    def _check_state(self) -> None:
        super()._check_state()
        require_state(len(self._generator.row_means) == len(self.classes_), "_generator")
        require_state(self._generator.widths == self._transform.widths, "_generator")

    def _fit_generator(
        self,
        Z: np.ndarray,
        T: np.ndarray,
        *,
        rng: np.random.Generator,
        validation: np.ndarray,
    ) -> Prior:
        prior = prior_of(self, Z, T, rng)
        prior.attach_residuals(Z, T)
        self.bandwidth_ = prior.bandwidth
        return prior
