"""The data that are compared on when no file is named."""

import numpy as np

from skmiaug.evaluation._features import Features

# One large class and some tiny ones, as emotions occur in natural speech.
DIGITS_FRACTIONS = (1.0, 0.5, 0.3, 0.2, 0.15, 0.1, 0.08, 0.06, 0.04, 0.04)


def digits() -> Features:
    """Scikit-learn's bundled handwritten digits, 1,797 rows of 64 features, balanced.

    Used with `DIGITS_FRACTIONS` on the training parts only: the rare classes are learnt
    from few rows (5 at least) and measured on all rows of the test parts.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    y = bunch.target.astype(np.int64)
    return Features(bunch.data, y, None, list(range(10)), "scikit-learn's digits")
