"""target_type="distribution" and "multilabel": rows with mass in several classes."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from scipy.optimize import nnls
from scipy.special import entr, log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from skmiaug.base import require_array, require_state
from skmiaug.metrics.information import InformationEstimate
from skmiaug.over_sampling.targets._counts import apportion, measured_rows, wanted_rows
from skmiaug.over_sampling.targets._matrix import (
    pick_evenly,
    read_matrix,
    refuse_columns,
    refuse_rows,
    requested_matrix,
    rows_within,
)
from skmiaug.over_sampling.targets._regression import simplest_codes
from skmiaug.over_sampling.targets._target import Target

_SHARES, _LABELS = "distribution", "multilabel"
_N_RATERS = 5
# Of the sum of shares that were rounded to two digits.
_TOLERANCE = 0.02
_CODINGS = ("mean", "sum")
# The penalty of ``metrics.classifier_information``.
_C = 0.01


@dataclass
class MassTarget(Target):
    """What vote shares and label sets have in common: rows have mass in several classes.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_classes), float64
        Of the training rows.
    target_type : str
    """

    rows: np.ndarray
    target_type: ClassVar[str]

    def masses(self, values: np.ndarray) -> np.ndarray:
        """Return the mass of rows in each class, (n, n_classes)."""
        return values

    def plan(self, strategy: Any, expansion: float, y: Any) -> dict[Any, int]:
        masses = self.masses(self.rows)
        present = np.maximum(np.rint(masses.sum(axis=0)), 1).astype(int)
        wanted = wanted_rows(strategy, expansion, self.names, present, y)
        lacking = np.array([wanted.get(c, 0) for c in self.keys])
        return dict(zip(self.keys, draws_by_class(masses, lacking).tolist(), strict=True))

    def balanced(self, rng: np.random.Generator) -> np.ndarray:
        n = len(self.names)
        return self.around([measured_rows(n)] * n, rng)

    def around(self, counts: Sequence[int], rng: np.random.Generator) -> np.ndarray:
        """Return training rows, so many of each class, picked by their mass in it."""
        pairs = zip(self.masses(self.rows).T, counts, strict=True)
        return self.rows[np.concatenate([pick_evenly(own, n, rng) for own, n in pairs])]

    def named(self, n: int, y: Any, rng: np.random.Generator) -> np.ndarray | None:
        """Return the targets that ``sample`` asks for by None, conditions or one name."""
        if y is None:
            return self.rows[pick_evenly(np.ones(len(self.rows)), n, rng)]
        if isinstance(y, Mapping):
            met, _ = rows_within(self.masses(self.rows), y, self.names, self.target_type)
            return self.rows[met[pick_evenly(np.ones(len(met)), n, rng)]]
        if np.ndim(y) == 0 and y in self.names.tolist():
            return np.tile(np.equal(self.names, y).astype(np.float64), (n, 1))
        return None


def draws_by_class(shares: np.ndarray, lacking: np.ndarray) -> np.ndarray:
    """Return how many rows to draw around those of each class.

    A row that is drawn around one of class k, picked by its share of k, brings mass to the
    other classes too: B[k, j] on the mean. The numbers n of draws are the non-negative
    ones for which n B comes nearest to what the classes lack; with one-hot shares they are
    just that.

    Parameters
    ----------
    shares : ndarray of shape (n_rows, n_classes)
        Shares, or indicators of labels.
    lacking : ndarray of shape (n_classes,)
        Mass to add to each class.

    Returns
    -------
    ndarray of shape (n_classes,), int
        Where shares sum to 1, their sum is that of ``lacking``.
    """
    if not lacking.any():
        return np.zeros(len(lacking), dtype=int)
    brought = (shares.T @ shares) / shares.sum(axis=0)[:, None]
    draws, _ = nnls(brought.T, lacking.astype(float))
    single = np.allclose(shares.sum(axis=1), 1)
    total = int(lacking.sum() if single else np.rint(draws.sum()))
    return apportion(total, draws / draws.sum())


def share_information(
    X_train: np.ndarray, shares_train: np.ndarray, X_test: np.ndarray, shares: np.ndarray
) -> InformationEstimate:
    """Bound I(c; x) for a class c that is drawn by the shares of its row.

    H(mean of the shares) less the soft cross-entropy of a logistic regression that has not
    seen the test rows (Barber and Agakov, 2003). Since x knows the class by its shares
    alone, the bound is at most H(mean of the shares) less the mean of their entropies.

    Parameters
    ----------
    X_train : ndarray of shape (n_train, n_features)
    shares_train : ndarray of shape (n_train, n_classes)
        Rows that sum to 1. Each class gets the same weight.
    X_test : ndarray of shape (n_test, n_features)
    shares : ndarray of shape (n_test, n_classes)

    Returns
    -------
    InformationEstimate
        Nats.
    """
    present = np.flatnonzero((shares_train.sum(axis=0) > 0) & (shares.sum(axis=0) > 0))
    if len(present) < 2:  # some of many rows, and a class that hardly any of them has
        return InformationEstimate(0.0, 0.0)
    measured = shares[:, present].sum(axis=1) > 0
    P, X_test = shares[np.ix_(measured, present)], X_test[measured]
    P = P / P.sum(axis=1, keepdims=True)
    own = shares_train[:, present]
    rows, classes = np.nonzero(own)
    weights = own[rows, classes] * (len(own) / (len(present) * own.sum(axis=0)))[classes]
    classifier = LogisticRegression(C=_C, max_iter=200, tol=1e-3)
    with warnings.catch_warnings():
        # The bound holds for any q, also for one that has not converged.
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(X_train[rows], classes, sample_weight=weights)
    logits = classifier.decision_function(X_test)
    if logits.ndim == 1:
        logits = np.column_stack([np.zeros_like(logits), logits])
    entropy = float(entr(P.mean(axis=0)).sum())
    cross = float(-(P * log_softmax(logits, axis=1)).sum(axis=1).mean())
    own_entropy = float(entr(P).sum(axis=1).mean())
    return InformationEstimate(entropy - cross, entropy - own_entropy)


# ---------------------------------------------------------------- votes and shares


@dataclass
class ShareTarget(MassTarget):
    """Votes or shares; T are the shares.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_classes), float64
        Votes or shares of the training rows.
    whole : bool
        Whether they are votes, whole numbers.
    n_raters : float or None
        Raters of a new row. None: as many votes as the row that it is drawn around has, 5
        for shares.
    """

    target_type = _SHARES
    rows: np.ndarray
    whole: bool
    n_raters: float | None

    @classmethod
    def read(
        cls, y: Any, X: np.ndarray, n_raters: Any = "auto"
    ) -> tuple["ShareTarget", np.ndarray, Any]:
        """Read votes or shares (n_samples, n_classes) of the rows X."""
        values, names, container = read_matrix(y, X, _SHARES, columns=True)
        refuse_rows(
            np.isnan(values).all(axis=1), _SHARES, "no rater has voted; leave the rows out"
        )
        values = checked_shares(np.nan_to_num(values))
        refuse_columns(values.sum(axis=0) == 0, names, _SHARES, "no row has a vote for")
        whole = bool((values == np.floor(values)).all())
        raters = None if isinstance(n_raters, str) else float(n_raters)
        return cls(names, values, whole, raters), values, container

    def codes(self, values: np.ndarray) -> np.ndarray:
        return shares_of(values).astype(np.float32)

    def strata(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(values.argmax(axis=1))

    def masses(self, values: np.ndarray) -> np.ndarray:
        """Return the shares."""
        return shares_of(values)

    def draw(self, to_generate: dict[Any, int], rng: np.random.Generator) -> np.ndarray:
        """Return votes or shares of few raters, drawn around real ones."""
        counts = [to_generate[c] for c in self.keys]
        return self._redrawn(self.around(counts, rng), rng)

    def _redrawn(self, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        shares = shares_of(values)
        if self.whole:
            n_votes = values.sum(axis=1) if self.n_raters is None else self.n_raters
            n_votes = np.broadcast_to(np.rint(n_votes), len(values)).astype(int)
            return rng.multinomial(np.maximum(n_votes, 1), shares).astype(np.float64)
        drawn = rng.standard_gamma((self.n_raters or _N_RATERS) * shares)
        # Gammas of few raters may all vanish.
        total = drawn.sum(axis=1, keepdims=True)
        return np.where(total > 0, drawn / np.where(total > 0, total, 1), shares)

    def requested(self, n: int, y: Any, rng: np.random.Generator) -> np.ndarray:
        found = self.named(n, y, rng)
        if found is not None:
            return found
        return checked_shares(requested_matrix(n, y, self.n_codes, _SHARES))

    def given_back(self, values: np.ndarray) -> np.ndarray:
        return values.astype(np.int64) if self.whole and _whole(values) else values

    def information(
        self, Z_real: np.ndarray, real: np.ndarray, Z: np.ndarray, values: np.ndarray
    ) -> InformationEstimate:
        return share_information(Z_real, shares_of(real), Z, shares_of(values))

    def check(self) -> None:
        """Raise ValueError if the rows hold no votes."""
        require_array("rows", self.rows, (None, len(self.names)), "float64")
        require_state(self.rows.min() >= 0 and self.rows.shape[1] > 1, "rows")
        require_state((self.rows.sum(axis=1) > 0).all(), "rows")
        require_state((self.rows.sum(axis=0) > 0).all(), "rows")
        require_state(self.n_raters is None or self.n_raters > 0, "n_raters")
        require_state(not self.whole or _whole(self.rows), "whole")


def shares_of(values: np.ndarray) -> np.ndarray:
    """Return votes or shares (n, n_classes), float64, as shares that sum to 1."""
    return np.asarray(values / values.sum(axis=1, keepdims=True))


def checked_shares(values: np.ndarray) -> np.ndarray:
    """Return votes as they are, and shares so that they sum to 1.

    Raises
    ------
    ValueError
        A number is negative, a row is 0, or shares do not sum to 1.
    """
    refuse_rows((values < 0).any(axis=1), _SHARES, "votes and shares are not negative")
    total = values.sum(axis=1)
    refuse_rows(total == 0, _SHARES, "no rater has voted; leave the rows out")
    if _whole(values):
        return values
    refuse_rows(
        np.abs(total - 1) > _TOLERANCE,
        _SHARES,
        "y must hold votes, whole numbers, or shares that sum to 1; divide each row by its "
        "sum if it holds weighted votes, and for attributes use target_type='continuous'",
    )
    return shares_of(values)


def _whole(values: np.ndarray) -> bool:
    return bool((values == np.floor(values)).all())


# ---------------------------------------------------------------- several labels


@dataclass
class LabelSetTarget(MassTarget):
    """Indicators of labels; T are shares of the labels of a row.

    There are two codings, and the one by which a regression predicts X better is used.
    "mean": each of the l labels of a row has the share 1 / l, and a row without labels has
    a code of its own; a row is the mean of its labels. "sum": each label has the share
    1 / L, L the most labels of a row, and the rest is a code of its own; the effects of
    labels then add up, with one for no label. With one label a row both are one-hot.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_labels), float64
        0 and 1, of the training rows.
    coding : str
    """

    target_type = _LABELS
    rows: np.ndarray
    coding: str = "mean"

    @classmethod
    def read(cls, y: Any, X: np.ndarray) -> tuple["LabelSetTarget", np.ndarray, Any]:
        """Read indicators (n_samples, n_labels) of the rows X."""
        values, names, container = read_matrix(y, X, _LABELS, columns=True)
        values = checked_labels(values)
        refuse_columns(values.sum(axis=0) == 0, names, _LABELS, "no row has the label")
        if (values == values[0]).all():
            raise ValueError(
                f"target_type={_LABELS!r} needs rows of different labels, and all have the "
                "same ones."
            )
        codings = [cls(names, values, coding) for coding in _CODINGS]
        ways = [partial(target.codes, values) for target in codings]
        return codings[simplest_codes(ways, X)], values, container

    @property
    def n_codes(self) -> int:
        """Number of labels, and one more where the shares of some rows do not sum to 1."""
        return len(self.names) + self._has_rest

    @property
    def _has_rest(self) -> bool:
        n_labels = self.rows.sum(axis=1)
        enough = n_labels.max() if self.coding == "sum" else 1
        return bool(n_labels.min() < enough)

    def codes(self, values: np.ndarray) -> np.ndarray:
        """Return the shares of the labels and the rest, which sum to 1."""
        n_labels = values.sum(axis=1, keepdims=True)
        most = self.rows.sum(axis=1).max() if self.coding == "sum" else n_labels
        T = values / np.maximum(most, 1)
        if self._has_rest:
            T = np.column_stack([T, 1 - T.sum(axis=1)])
        return T.astype(np.float32)

    def strata(self, values: np.ndarray) -> np.ndarray:
        """Return the rarest label of each row, the number of labels where it has none."""
        by_rarity = np.argsort(self.rows.sum(axis=0), kind="stable")
        first = values[:, by_rarity].argmax(axis=1)
        return np.where(values.any(axis=1), by_rarity[first], values.shape[1])

    def draw(self, to_generate: dict[Any, int], rng: np.random.Generator) -> np.ndarray:
        """Return label sets of real rows, so that labels occur together as they do."""
        return self.around([to_generate[c] for c in self.keys], rng)

    def requested(self, n: int, y: Any, rng: np.random.Generator) -> np.ndarray:
        wanted = self.named(n, y, rng)
        if wanted is None:
            wanted = checked_labels(requested_matrix(n, y, len(self.names), _LABELS))
        n_labels = self.rows.sum(axis=1)
        outside = wanted.sum(axis=1)
        outside = (outside < n_labels.min()) | (outside > n_labels.max())
        refuse_rows(
            outside,
            _LABELS,
            f"training rows have {n_labels.min():.0f} to {n_labels.max():.0f} labels, and "
            "sample was asked for another number",
        )
        return wanted

    def given_back(self, values: np.ndarray) -> np.ndarray:
        return values.astype(np.int64)

    def information(
        self, Z_real: np.ndarray, real: np.ndarray, Z: np.ndarray, values: np.ndarray
    ) -> InformationEstimate:
        """Return the bound for one label of each row's set, picked at random."""
        return share_information(Z_real, _one_of(real), Z, _one_of(values))

    def check(self) -> None:
        """Raise ValueError if the rows hold no indicators."""
        require_array("rows", self.rows, (None, len(self.names)), "float64")
        require_state(np.isin(self.rows, (0, 1)).all() and self.rows.shape[1] > 1, "rows")
        require_state((self.rows.sum(axis=0) > 0).all(), "rows")
        require_state(self.coding in _CODINGS, "coding")


def checked_labels(values: np.ndarray) -> np.ndarray:
    """Return indicators (n, n_labels) as they are.

    Raises
    ------
    ValueError
        A number is neither 0 nor 1.
    """
    refuse_rows(
        ~np.isin(values, (0, 1)).all(axis=1),
        _LABELS,
        "y must hold 0 and 1 alone; for votes or shares use target_type='distribution', "
        "for attributes 'continuous'",
    )
    return values


def _one_of(values: np.ndarray) -> np.ndarray:
    """Return the shares of the labels of each row, the last for rows without any."""
    n_labels = values.sum(axis=1, keepdims=True)
    return np.hstack([values / np.maximum(n_labels, 1), n_labels == 0])
