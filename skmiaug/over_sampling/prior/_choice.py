"""Choice of the noise of the prior: by what classifiers learn from its samples.

Every candidate balances the rows of all folds but one, and a classifier in closed form
(:class:`skmiaug.metrics.TSTRScorer`) that is trained on the result predicts the class of
the rows of the fold that was left out.
All candidates meet the same rows, so that their scores can be compared row by row, and the
simplest one within one standard error of the best is taken.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from skmiaug.metrics import TSTRScorer, paired_difference
from skmiaug.over_sampling.columns._transform import ColumnTransform
from skmiaug.over_sampling.prior._fit_prior import fit_prior, with_noise
from skmiaug.over_sampling.prior._prior import Prior
from skmiaug.over_sampling.targets._counts import subsample

# From the simplest to those that depend most on single rows.
CANDIDATES: tuple[tuple[str, float | None], ...] = (
    ("gaussian", 1.0),
    ("class_gaussian", None),
    ("residuals", 0.4),
    ("class_residuals", 0.85),
    ("class_residuals", 0.7),
    ("class_residuals", 0.5),
    ("class_residuals", 0.3),
)
_MORE = (("residuals", 0.7), ("residuals", 0.15))
_N_FOLDS, _FEW_FOLDS, _MANY_ROWS = 5, 3, 1500
_N_COMPONENTS = 500
_MAX_SAMPLES = 4000


@dataclass(frozen=True)
class NoiseScore:
    """A candidate and how well its samples inform a classifier about left-out rows.

    Attributes
    ----------
    noise : str
    bandwidth : float
        Mean over folds for "class_gaussian".
    score : float
        TSTR score, nats.
    standard_error : float
        Of the difference to the best candidate; 0 for the best one.
    """

    noise: str
    bandwidth: float
    score: float
    standard_error: float


def candidates_of(
    noise: str, bandwidth: float | str, *, groups: int = 1, trained: bool = False
) -> list[tuple[str, float | None]]:
    """Return the candidates that the parameters of an augmenter leave.

    A bandwidth below 1 without a noise is that around rows of the class. Several groups of
    columns, and networks that refine the prior, allow "gaussian" and "class_residuals";
    only the first is taken by itself with several groups, whose dependence should be
    learned and not copied from single rows.
    """
    if noise == bandwidth == "auto" and groups > 1:
        noise = "gaussian"
    if not isinstance(bandwidth, str):
        if noise == "auto":
            noise = "gaussian" if bandwidth == 1 else "class_residuals"
        found: list[tuple[str, float | None]] = [(noise, bandwidth)]
    elif noise == "auto":
        found = list(CANDIDATES)
    else:
        found = [c for c in (*CANDIDATES, *_MORE) if c[0] == noise]
    few = groups > 1 or trained
    return [c for c in found if not few or c[0] in ("gaussian", "class_residuals")]


def choose_noise(
    Z: np.ndarray,
    T: np.ndarray,
    transform: ColumnTransform,
    *,
    candidates: list[tuple[str, float | None]],
    mi_weight: float,
    groups: np.ndarray | None = None,
    rng: np.random.Generator,
) -> tuple[int, list[NoiseScore]]:
    """Return which candidate to take, and the scores of all.

    Parameters
    ----------
    Z : ndarray of shape (n, D), float32
        Coordinates of rows with all groups of columns.
    T : ndarray of shape (n, q), float32
        Target codes, none negative, of sum 1.
    transform : ColumnTransform
        Of ``Z``; whitening and prior are fitted anew to the rows of each fold.
    candidates : list of (noise, bandwidth)
        From the simplest on.
    mi_weight : float
        λ of the prior.
    groups : ndarray of shape (n,) or None
        Rows of a group are left out together.
    rng : numpy.random.Generator
    """
    picked = subsample(T.argmax(axis=1), rng)
    V, T = transform.unwhitened(Z[picked]), T[picked]
    groups = None if groups is None else groups[picked]
    values: list[list[np.ndarray]] = [[] for _ in candidates]
    bandwidths: list[list[float]] = [[] for _ in candidates]
    tested = []
    for fit, left_out in _folds(T, groups, rng):
        fold = _Fold.of(V, T, transform, fit, left_out, mi_weight, rng)
        tested.append(left_out)
        for k, candidate in enumerate(candidates):
            score, bandwidth = fold.score(*candidate)
            values[k].append(score)
            bandwidths[k].append(bandwidth)
    if not tested:
        return 0, []
    rows = [np.concatenate(own) for own in values]
    own_groups = None if groups is None else groups[np.concatenate(tested)]
    best = int(np.argmax([own.mean() for own in rows]))
    gaps = [paired_difference(rows[best], own, own_groups) for own in rows]
    scores = [
        NoiseScore(noise, float(np.mean(used)), float(own.mean()), 0.0 if k == best else e)
        for k, ((noise, _), used, own, (_, e)) in enumerate(
            zip(candidates, bandwidths, rows, gaps, strict=True)
        )
    ]
    as_good = [k == best or gap <= error for k, (gap, error) in enumerate(gaps)]
    return as_good.index(True), scores


class _Fold(NamedTuple):
    """What all candidates share on one split: targets and whitened rows to fit to."""

    T: np.ndarray
    U: np.ndarray
    prior: Prior
    T_new: np.ndarray
    scorer: TSTRScorer
    seed: int

    @classmethod
    def of(
        cls,
        V: np.ndarray,
        T: np.ndarray,
        transform: ColumnTransform,
        fit: np.ndarray,
        left_out: np.ndarray,
        mi_weight: float,
        rng: np.random.Generator,
    ) -> "_Fold":
        T = T[:, T[fit].sum(axis=0) > 0]
        own, U = transform.whitened_anew(V[fit], T[fit])
        width = sum(transform.widths[: own.n_generated])
        n_columns = sum(len(group.columns) for group in own.groups[: own.n_generated])
        scorer = TSTRScorer(
            V[left_out, :width],
            T[left_out],
            n_components=_N_COMPONENTS,
            gamma=0.5 / n_columns,
        ).added_to(V[fit, :width], T[fit], axes=own.unwhitening()[:, :width])
        prior = fit_prior(
            U,
            T[fit],
            own,
            mi_weight=mi_weight,
            noise="class_residuals",
            bandwidth=0.5,
            rng=rng,
        )
        # Candidates differ in what they do with these residuals.
        prior.attach_residuals(U.copy(), T[fit])
        return cls(
            T=T[fit],
            U=U,
            prior=prior,
            T_new=_balancing_codes(T[fit], rng),
            scorer=scorer,
            seed=int(rng.integers(2**62)),
        )

    def score(self, noise: str, bandwidth: float | None) -> tuple[np.ndarray, float]:
        """Return the score of each row left out, and the bandwidth."""
        prior = with_noise(self.prior, self.U, self.T, noise, bandwidth)
        U = prior.sample(self.T_new, rng=np.random.default_rng(self.seed))
        return self.scorer.score(U, self.T_new).row_values, prior.bandwidth


def _folds(
    T: np.ndarray, groups: np.ndarray | None, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield rows to fit to and rows to leave out, of targets that both have.

    The row of a class of one is never left out, unless with its group: it is then in
    neither part.
    """
    classes = T.argmax(axis=1)
    counts = np.bincount(classes)
    alone = counts[classes] == 1
    n_folds = _N_FOLDS if len(T) < _MANY_ROWS else _FEW_FOLDS
    if groups is None:
        splitter, n_most = StratifiedKFold, int(counts.max())
    else:
        splitter, n_most = StratifiedGroupKFold, len(np.unique(groups))
    n_folds = min(n_folds, n_most)
    if n_folds < 2 or (counts > 1).sum() < 2:
        return
    seed = int(rng.integers(2**31))
    split = splitter(n_folds, shuffle=True, random_state=seed).split(T, classes, groups)
    with warnings.catch_warnings():
        # Classes of fewer rows than folds are left out in some of them.
        warnings.filterwarnings("ignore", "The least populated class")
        for fit, left_out in split:
            if groups is None:
                fit = np.sort(np.concatenate([fit, left_out[alone[left_out]]]))
            known = T[fit].sum(axis=0) > 0
            left_out = left_out[~alone[left_out]]
            left_out = left_out[(T[left_out][:, ~known] == 0).all(axis=1)]
            if known.sum() > 1 and len(np.unique(classes[left_out])) > 1:
                yield fit, left_out


def _balancing_codes(T: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return codes (m, q) of rows that bring all targets to the mass of the largest.

    Each is the code of a row, drawn by its share of a target that lacks mass; where none
    lacks any, as much as there is of each is drawn.
    """
    mass = T.sum(axis=0, dtype=np.float64)
    present = mass > 0
    wanted = np.where(present, max(mass.max(), 2 * mass[present].mean()) - mass, 0.0)
    wanted *= min(1.0, _MAX_SAMPLES / wanted.sum())
    picked = [
        rng.choice(len(T), n, p=T[:, c] / T[:, c].sum(dtype=np.float64))
        for c, n in enumerate(np.ceil(wanted).astype(int))
        if n
    ]
    return T[np.concatenate(picked)]
