"""GaussianAugmenter: the closed-form prior, without any network."""

from dataclasses import dataclass, field
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skmiaug.base import register_state, require_state, with_shared_docs
from skmiaug.over_sampling._base import GIVEN_BANDWIDTHS, BaseAugmenter
from skmiaug.over_sampling.columns._normal_scores import ColumnScores
from skmiaug.over_sampling.columns._scale import ColumnScale
from skmiaug.over_sampling.columns._transform import ColumnGroup, ColumnTransform
from skmiaug.over_sampling.prior._choice import NoiseScore, candidates_of, choose_noise
from skmiaug.over_sampling.prior._fit_prior import fit_prior
from skmiaug.over_sampling.prior._noise import NOISES
from skmiaug.over_sampling.prior._prior import Prior
from skmiaug.over_sampling.targets import TARGET_TYPES

for _part in (
    ColumnScores,
    ColumnScale,
    ColumnGroup,
    ColumnTransform,
    NoiseScore,
    Prior,
):
    register_state(_part)


# Documentation of parameters and attributes that mean the same in both augmenters.
PRIOR_DOCS = {
    "targets": """\
    sampling_strategy : float, str, dict or callable, default="auto"
        As in imbalanced-learn: ``"auto"`` or ``"not majority"`` balances all classes to the
        largest, a dict gives the wanted rows of each class, a float the ratio of two
        classes, a callable takes y and returns such a dict. For other target types see
        the notes of :class:`GaussianAugmenter`.

    target_type : {"multiclass", "distribution", "multilabel", "continuous"}, \
            default="multiclass"
        What y holds. "distribution": votes of several raters, or shares of the classes
        that sum to 1, (n_samples, n_classes). "multilabel": 0 and 1 for each label,
        (n_samples, n_labels). "continuous": attributes, (n_samples,) or
        (n_samples, n_attributes).

    n_raters : float or "auto", default="auto"
        Raters of the votes or shares of a new row, which are drawn around those of a real
        one: a few differ from it more than many. "auto" takes as many votes as the real row
        has, and 5 for shares. Only with ``target_type="distribution"``.

    expansion : float, default=1.0
        Above 1, every class, the largest too, grows to ``expansion`` times the largest.
        Needs a ``sampling_strategy`` given as text, or attributes.
""",
    "columns": """\
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
""",
    "prior attributes": """\
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted; names of the columns of y for shares and label sets. Absent
        for attributes.
    attribute_names_ : ndarray of shape (n_attributes,)
        Names of the columns of y. Only with ``target_type="continuous"``.
    sampling_strategy_ : dict
        Rows to generate of each class; around rows of each class or label; or of all, by
        the name of the strategy.
    n_features_in_, feature_names_in_
        As in scikit-learn.
    noise_ : str
        The noise that was chosen.
    bandwidth_ : float
        The bandwidth that was chosen; the mean over classes for "class_gaussian".
    choices_ : list of NoiseScore
        What was compared, with ``noise``, ``bandwidth``, the TSTR ``score`` in nats and the
        ``standard_error`` of its difference to the best. Empty where parameters leave one
        candidate.
    mutual_information_ : float
        Lower bound of I(c; x̂) of balanced samples, nats, by a classifier that was fitted
        to real rows.
    mutual_information_max_ : float or None
        Its upper bound: ln(n_classes), for shares H(mean share) less the mean entropy of
        the shares; None for attributes.
    synthetic_mask_ : ndarray of shape (n_rows_returned,) or (..., n_modalities), bool
        Which rows of ``fit_resample`` are synthetic, or which modalities of each row.
        Absent after ``fit``.
    condition_ : ndarray of shape (n_rows_returned, n_condition_features)
        Conditions of the rows of ``fit_resample``. Only with a condition.
    covariates_resampled_ : ndarray of shape (n_rows_returned,) or (..., n_covariates)
        Covariates of the rows of ``fit_resample``. Only with covariates.
    n_condition_features_in_ : int
        Columns of the condition. Only with a condition.
    modalities_ : dict of str to ndarray
        Column numbers of each modality. Only with ``modalities``.
""",
}


@dataclass(kw_only=True, eq=False, repr=False)
class PriorAugmenter(BaseAugmenter):
    """Base of the augmenters that stand on the closed-form prior; a dataclass as they are.

    Parameters are its fields, and what a fit sets are fields with ``init=False``.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseAugmenter._parameter_constraints,
        "target_type": [StrOptions(set(TARGET_TYPES))],
        "n_raters": [Interval(Real, 0, None, closed="neither"), StrOptions({"auto"})],
        "expansion": [Interval(Real, 1, None, closed="left")],
        "mi_weight": [Interval(Real, 0, None, closed="left")],
        "noise": [StrOptions({"auto", *NOISES})],
        "bandwidth": [Interval(Real, 0, 1, closed="right"), StrOptions({"auto"})],
        "marginals": [StrOptions({"auto", "gaussian", "empirical"})],
        "verbose": ["verbose"],
        "modalities": [dict, None],
        "pairing": [StrOptions({"generated", "all"})],
        "condition_sampling": [StrOptions(set(GIVEN_BANDWIDTHS))],
        "require_condition": ["boolean"],
    }

    sampling_strategy: Any = "auto"
    target_type: str = "multiclass"
    n_raters: float | str = "auto"
    expansion: float = 1.0
    mi_weight: float = 1.0
    noise: str = "auto"
    bandwidth: float | str = "auto"
    marginals: str = "auto"
    modalities: dict[str, Any] | None = None
    pairing: str = "generated"
    condition_sampling: str = "gaussian"
    require_condition: bool = False
    random_state: Any = None
    verbose: int = 0

    noise_: str = field(init=False)
    bandwidth_: float = field(init=False)
    choices_: list = field(init=False)

    def _fit_prior(
        self,
        Z: np.ndarray,
        T: np.ndarray,
        groups: np.ndarray | None,
        rng: np.random.Generator,
        *,
        trained: bool = False,
    ) -> Prior:
        """Choose the noise and fit the prior; ``trained``: networks are to refine it."""
        transform, mi_weight = self._transform, float(self.mi_weight)
        several = len(transform.groups) > 1
        candidates = candidates_of(
            self.noise, self.bandwidth, groups=len(transform.groups), trained=trained
        )
        if not candidates:
            raise ValueError(
                f"noise={self.noise!r} is for rows without modalities or a condition, and "
                "for max_iter=0. Set noise='gaussian', 'class_residuals' or 'auto'."
            )
        chosen, self.choices_ = 0, []
        if len(candidates) > 1:
            complete = ~np.isnan(Z).any(axis=1) if several else slice(None)
            chosen, self.choices_ = choose_noise(
                Z[complete],
                T[complete],
                transform,
                candidates=candidates,
                mi_weight=mi_weight,
                groups=None if groups is None else groups[complete],
                rng=rng,
            )
        conditioned = hasattr(self, "n_condition_features_in_")
        noise, bandwidth = candidates[chosen]
        prior = fit_prior(
            Z,
            T,
            transform,
            mi_weight=mi_weight,
            noise=noise,
            bandwidth=bandwidth,
            given_bandwidth=GIVEN_BANDWIDTHS[self.condition_sampling]
            if conditioned
            else None,
            rng=rng,
        )
        self.noise_, self.bandwidth_ = prior.noise, prior.bandwidth
        return prior

    def _check_prior(self, prior: Prior) -> None:
        """Refuse a prior of other coordinates or targets than those of the fit."""
        require_state(len(prior.row_means) == self._target.n_codes, "_generator")
        require_state(prior.widths == self._transform.widths, "_generator")


@register_state
@with_shared_docs(texts=PRIOR_DOCS)
@dataclass(kw_only=True, eq=False, repr=False)
class GaussianAugmenter(PriorAugmenter):
    """Over-sample by a shrunken class-conditional Gaussian, in closed form.

    Samples of a class are drawn around its mean, which is shrunken towards the grand mean
    (James and Stein, 1961). Their noise is Gaussian, with one covariance for all classes
    that is shrunken towards a multiple of the identity (Ledoit and Wolf, 2004), or mixed
    with that of the class or with residuals of real rows, whichever suits held-out rows
    best (``noise``). Nothing is trained, and torch is not needed.

    Parameters
    ----------
    {targets}

    mi_weight : float, default=1.0
        λ in [0, 1], larger values count as 1: how far class means are kept in directions
        that have information about the class, and shrunken in the others. At 0 all
        directions are shrunken alike.

    noise : {"auto", "gaussian", "class_gaussian", "residuals", "class_residuals"}, \
default="auto"
        Distribution of samples around the mean of their class. "gaussian": normal, with
        one covariance for all classes. "class_gaussian": with the covariance of the class,
        shrunken to the common one (Friedman, 1989). "residuals": deviations of real rows
        of any class from their class mean, with Gaussian noise. "class_residuals":
        deviations of real rows of the class. "auto" takes the one whose samples best
        inform a nonlinear classifier about left-out real rows, or the simplest within one
        standard error of it (docs/method.md). With modalities or a condition, "auto" is
        "gaussian".

    bandwidth : float in (0, 1] or "auto", default="auto"
        Share of the common Gaussian noise: 1 is "gaussian", and small values stay near
        real rows. "auto" chooses it with the noise. A number below 1 with ``noise="auto"``
        is that of "class_residuals"; with ``noise="gaussian"`` it has no effect.

    {columns}

    random_state : int, RandomState instance or None, default=None
        Seed of everything. None draws one from numpy's global state.

    verbose : int, default=0
        1 shows a progress bar of the samples.

    Attributes
    ----------
    {prior attributes}

    See Also
    --------
    MIGANAugmenter : The same prior, refined by an InfoGAN.
    skmiaug.over_sampling.BaseAugmenter : How to write an augmenter of your own.

    Notes
    -----
    Which targets are generated, for the types other than classes:

    - "distribution": ``sampling_strategy`` reads as for classes whose rows are their
      expected masses, the sums of their shares. As many rows are generated as the masses
      lack. Each is drawn around a real one that is picked by its share of a class, rows
      without a consensus too, and how many by which class is chosen so that the masses come
      nearest to the wanted ones (non-negative least squares). With one-hot shares the
      samples are those of "multiclass".
    - "multilabel": the same with the rows of each label. The rows of the most frequent
      label over those of another are the imbalance ratio of the latter (Charte et al.,
      2015), which is brought towards 1. New rows have the label sets of real ones, so that
      labels occur together as they do. The number of rows is what brings the labels
      nearest. A row is the mean of its labels, or the sum of their effects where that
      predicts X better.
    - "continuous": ``sampling_strategy`` is "auto" or "uniform" (every value as frequent as
      the most frequent one), "inverse_density" (real targets weighted by the inverse of
      their density), "inverse_sqrt" (by that of its square root), or a callable that takes
      y and returns the weights. Densities are kernel estimates of each attribute with
      reflection at its limits; with several attributes the mean of the weights counts.
      "joint_inverse_density" and "joint_inverse_sqrt" take the density of two or three
      attributes together, so that rare combinations grow. New targets are real ones with
      the noise of the kernel. In all cases
      n (expansion · peak - 1) rows are generated for n rows, with the peak of the density
      over that of even values (its mean over attributes); 9 n at most. An attribute acts by
      a line, by lines and the products of two attributes, or by a curve (B-splines),
      whichever predicts X best.

    References
    ----------
    Charte et al. (2015): Addressing imbalance in multilabel classification.
    Friedman (1989): Regularized Discriminant Analysis.
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

    _generator: Prior = field(init=False)

    def _check_state(self) -> None:
        super()._check_state()
        self._check_prior(self._generator)

    def _fit_generator(
        self,
        Z: np.ndarray,
        T: np.ndarray,
        *,
        rng: np.random.Generator,
        validation: np.ndarray,
        groups: np.ndarray | None,
    ) -> Prior:
        prior = self._fit_prior(Z, T, groups, rng)
        prior.attach_residuals(Z, T)
        return prior
