"""Small imbalanced pairs of audio and text, and augmenters that train in a blink."""

import numpy as np
import pandas as pd

from skmiaug import MIGANAugmenter
from skmiaug.datasets import make_gaussian_pairs
from tests._helpers import trained

N_AUDIO, N_TEXT = 6, 4
COUNTS = (30, 12, 5)
AUDIO, TEXT = slice(0, N_AUDIO), slice(N_AUDIO, N_AUDIO + N_TEXT)
MODALITIES = {"audio": AUDIO, "text": TEXT}
COLUMNS = [f"h{i}" for i in range(N_AUDIO)] + [f"t{i}" for i in range(N_TEXT)]
BY_NAME = {"audio": COLUMNS[:N_AUDIO], "text": COLUMNS[N_AUDIO:]}


def pairs(counts=COUNTS, seed=0, dtype=np.float64) -> tuple[np.ndarray, np.ndarray]:
    """Rows of audio, then text; their classes, in no order."""
    made = make_gaussian_pairs(
        list(counts), n_audio=N_AUDIO, n_text=N_TEXT, class_separation=2, random_state=seed
    )
    order = np.random.default_rng(seed).permutation(len(made.y))
    return np.hstack([made.audio, made.text])[order].astype(dtype), made.y[order]


def frame_of(X, y) -> tuple[pd.DataFrame, pd.Series]:
    """The same rows with names."""
    index = [f"clip {i}" for i in range(len(y))]
    return pd.DataFrame(X, columns=COLUMNS, index=index), pd.Series(y, index=index)


def paired(**changes) -> MIGANAugmenter:
    """An augmenter of both modalities, whose networks are always used."""
    return trained(**{"modalities": MODALITIES} | changes)


def without(X, columns, rows) -> np.ndarray:
    """``X`` with a modality missing in some rows."""
    X = X.copy()
    X[np.ix_(rows, np.arange(X.shape[1])[columns])] = np.nan
    return X
