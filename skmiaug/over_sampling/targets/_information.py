"""Information of samples about soft and continuous targets, by models of real rows."""

import warnings

import numpy as np
from scipy.special import entr, log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.preprocessing import StandardScaler

from skmiaug.metrics.information import InformationEstimate

# The penalty of ``metrics.classifier_information``.
_C = 0.01
_PENALTIES = np.logspace(0, 5, 6)
_MIN_VARIANCE = 1e-12


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


def attribute_information(
    X_train: np.ndarray, y_train: np.ndarray, X_test: np.ndarray, y_test: np.ndarray
) -> InformationEstimate:
    """Information of Gaussian attributes with the errors of a ridge regression.

    ½ (ln |S| - ln |E|), S the covariance of the test targets and E the second moment of
    the errors of a regression that has not seen the test rows.

    Parameters
    ----------
    X_train : ndarray of shape (n_train, n_features)
    y_train : ndarray of shape (n_train, n_attributes)
    X_test : ndarray of shape (n_test, n_features)
    y_test : ndarray of shape (n_test, n_attributes)

    Returns
    -------
    InformationEstimate
        Nats; its maximum is infinite.
    """
    unit = np.ptp(y_train, axis=0)
    varies = unit > 0  # in some of many rows, few of which differ, one may not
    if not varies.any():
        return InformationEstimate(0.0, float("inf"))
    y_train, y_test = (y[:, varies] / unit[varies] for y in (y_train, y_test))
    scaler = StandardScaler().fit(y_train)
    y_train, y_test = scaler.transform(y_train), scaler.transform(y_test)
    regression = RidgeCV(_PENALTIES).fit(X_train, y_train)
    errors = y_test - regression.predict(X_test).reshape(len(X_test), -1)
    centred = y_test - y_test.mean(axis=0)
    logs = [
        np.linalg.slogdet(a.T @ a / len(a) + _MIN_VARIANCE * np.eye(a.shape[1]))[1]
        for a in (centred, errors)
    ]
    return InformationEstimate(0.5 * float(logs[0] - logs[1]), float("inf"))
