"""Features of EmoDB and nEMO, and the shares that make training parts imbalanced."""

from typing import NamedTuple

import numpy as np
import pytest

from tests.conftest import DATA

SHARES = {
    "emodb": [1, 0.5, 0.3, 0.2, 0.25, 0.4, 0.15],
    "nemo": [0.5, 0.3, 1, 0.15, 0.1, 0.2],
}


class Speech(NamedTuple):
    """Rows of a corpus.

    Attributes
    ----------
    X : ndarray of shape (n, d), float32
    y, speaker : ndarray of shape (n,)
    session : ndarray of shape (n,)
        Speakers where the corpus has no sessions.
    """

    X: np.ndarray
    y: np.ndarray
    speaker: np.ndarray
    session: np.ndarray


def load_speech(name: str, features: str = "layer 3") -> Speech:
    """Load "emodb" or "nemo": "eGeMAPS", or the third layer of Whisper.

    The test is skipped where shared/data is not next to the checkout.
    """
    path = DATA / f"{name}_features.npz"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    with np.load(path) as file:
        X = file["X_egemaps"] if features == "eGeMAPS" else file["X_whisper_layers"][:, 3]
        session = file["session" if "session" in file else "speaker"]
        return Speech(X.astype(np.float32), file["y"], file["speaker"], session)
