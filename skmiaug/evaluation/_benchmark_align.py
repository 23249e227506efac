"""Audio and text as one feature vector, fitted on the training part of a fold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmiaug.evaluation._splits import Fold

__all__ = ["ALIGN", "CONCAT", "Joined", "aligner_of"]

ALIGN, CONCAT = "align", "concat"


class Joined:
    """Audio and text side by side, brought into one space where asked for.

    Parameters
    ----------
    audio : ndarray of shape (n_rows, n_audio_features)
    text : ndarray of shape (n_rows, n_text_features)
    y : ndarray of shape (n_rows,)
    fusion : {"align", "concat"}
        "align" fits a `ContrastiveAligner` on the training part of each fold; "concat"
        leaves the vectors side by side, which needs no training.
    """

    def __init__(
        self, audio: NDArray[Any], text: NDArray[Any], y: NDArray[Any], fusion: str
    ) -> None:
        self.X = np.hstack([audio, text])
        self.y = y
        self.fusion = fusion
        self.widths = (audio.shape[1], text.shape[1])

    def for_fold(self, fold: Fold) -> NDArray[Any]:
        """The rows as the fold's training part sees them, test rows included.

        Nothing is learnt from the test part.
        """
        if self.fusion == CONCAT:
            return self.X
        aligner = aligner_of(self.widths, fold.seed)
        aligner.fit(self.X[fold.train], self.y[fold.train])
        return np.asarray(aligner.transform(self.X))


def aligner_of(widths: tuple[int, int], seed: int) -> Any:
    """A `ContrastiveAligner` at its defaults for audio columns followed by text columns."""
    from skmiaug import ContrastiveAligner

    audio, text = widths
    return ContrastiveAligner(
        modalities={"audio": slice(0, audio), "text": slice(audio, audio + text)},
        random_state=seed,
    )
