"""Rows to measure on: correlated, float32, of imbalanced classes that overlap."""

import numpy as np

IEMOCAP = (1708, 1636, 1103, 1084)  # the classes of IEMOCAP with four classes, 5,531 rows


def imbalanced_counts(n_rows: int, n_classes: int) -> tuple[int, ...]:
    """Rows of each class, the k-th about 1/k of the first; together ``n_rows``."""
    shares = 1.0 / np.arange(1, n_classes + 1)
    counts = np.maximum((shares / shares.sum() * n_rows).astype(int), 1)
    counts[0] += n_rows - counts.sum()
    return tuple(counts.tolist())


def corpus(counts: tuple[int, ...], n_features: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows (sum of counts, n_features), sorted by class, and their classes."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(len(counts)), counts)
    mixing = rng.standard_normal((n_features, n_features), dtype=np.float32)
    mixing *= np.linspace(2, 0.2, n_features, dtype=np.float32) / np.sqrt(n_features)
    X = rng.standard_normal((len(y), n_features), dtype=np.float32) @ mixing
    centres = rng.standard_normal((len(counts), n_features), dtype=np.float32)
    X += 0.3 * centres[y]
    return X, y
