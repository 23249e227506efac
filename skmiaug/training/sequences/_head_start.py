"""The best linear head on embeddings that do not change: where fine-tuning begins."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

_ROUNDING = 0.01
_MOST_ROUNDS = 1000

Slope = Callable[[np.ndarray], tuple[float, np.ndarray]]


def solve_head(
    columns: np.ndarray,
    labels: np.ndarray,
    error: str,
    *,
    penalty: float,
    class_weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Minimise the summed loss of all rows + penalty / 2 · ‖weight‖², by L-BFGS.

    The problem is convex. A row's loss is that of training: the cross-entropy times the
    weight of its class, or the errors of its numbers, summed. Absolute errors are rounded
    off within about 0.01 of zero, to have a slope there. The bias has no penalty.

    Parameters
    ----------
    columns : ndarray of shape (n, width)
        Standardised embeddings.
    labels : ndarray of shape (n,), int64, or (n, n_outputs)
        Every class occurs.
    error : {"classes", "l1", "l2"}
    penalty : float
        Above 0. With classes, 1 / C of scikit-learn's LogisticRegression, of two classes
        2 / C, since it has one row of weights for both; with squared errors, twice the
        alpha of its Ridge.
    class_weights : ndarray of shape (n_classes,), default=None

    Returns
    -------
    weight : ndarray of shape (n_outputs, width), float64
    bias : ndarray of shape (n_outputs,), float64

    References
    ----------
    Kumar, Raghunathan, Jones, Ma and Liang: Fine-Tuning can Distort Pretrained Features
    and Underperform Out-of-Distribution. ICLR 2022, arXiv 2202.10054.
    """
    columns = columns.astype(np.float64)
    if error == "classes":
        n_outputs = int(labels.max()) + 1
        slope = _of_classes(labels, n_outputs, class_weights)
    else:
        n_outputs = labels.shape[1]
        slope = _of_numbers(labels.astype(np.float64), error)
    shape = (n_outputs, columns.shape[1] + 1)

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        both = flat.reshape(shape)
        weight, bias = both[:, :-1], both[:, -1]
        loss, per_output = slope(columns @ weight.T + bias)
        gradient = np.empty(shape)
        gradient[:, :-1] = per_output.T @ columns + penalty * weight
        gradient[:, -1] = per_output.sum(axis=0)
        return loss + 0.5 * penalty * float(np.square(weight).sum()), gradient.ravel()

    options = {"maxiter": _MOST_ROUNDS, "maxfun": 2 * _MOST_ROUNDS, "ftol": 1e-12}
    found = minimize(
        objective, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options=options
    ).x.reshape(shape)
    return found[:, :-1].copy(), found[:, -1].copy()


def _of_classes(
    labels: np.ndarray, n_classes: int, class_weights: np.ndarray | None
) -> Slope:
    rows = np.arange(len(labels))
    weights = np.ones(n_classes) if class_weights is None else class_weights
    of_row = weights.astype(np.float64)[labels]

    def slope(outputs: np.ndarray) -> tuple[float, np.ndarray]:
        logs = log_softmax(outputs, axis=1)
        gradient = np.exp(logs)
        gradient[rows, labels] -= 1.0
        return -float(of_row @ logs[rows, labels]), gradient * of_row[:, None]

    return slope


def _of_numbers(labels: np.ndarray, error: str) -> Slope:
    def slope(outputs: np.ndarray) -> tuple[float, np.ndarray]:
        off = outputs - labels
        if error == "l2":
            return float(np.square(off).sum()), 2.0 * off
        size = np.hypot(off, _ROUNDING)
        return float((size - _ROUNDING).sum()), off / size

    return slope
