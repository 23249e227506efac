"""What a fitted encoder holds and does, beneath its public methods."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skmiaug.nn import pooled_width
from skmiaug.representation._masked_fit import SequenceSpace
from skmiaug.representation._masked_parameters import EncoderParameters
from skmiaug.representation._sequence_input import (
    Sequences,
    check_lengths_came,
    check_width,
    expects_lengths,
    read_sequences,
)
from skmiaug.representation._sequence_state import space_from_state, space_to_state
from skmiaug.training import SequenceRecord
from skmiaug.utils._device import memory_remedy, resolve_device

MEMORY_ADVICE = "lower batch_size or hidden_size, cut long sequences, or use device='cpu'."
_PLAIN_ATTRIBUTES = (
    "best_iter_",
    "device_",
    "loss_curve_",
    "n_features_in_",
    "n_iter_",
    "score_curve_",
)


class FittedEncoder(EncoderParameters):
    """Reads sequences, restores timesteps, and becomes plain values and arrays."""

    _space: SequenceSpace
    _seed: int
    _shows_zeros: bool
    _knew_lengths: bool

    @property
    def _n_features_out(self) -> int:
        width = self._space.encoder.architecture.hidden_size
        return pooled_width(width, self.pooling)

    def _take_over(
        self, space: SequenceSpace, record: SequenceRecord, seed: int, sequences: Sequences
    ) -> None:
        self._space, self._seed = space, seed
        self._shows_zeros = self.replacement == "zero"
        self._knew_lengths = sequences.lengths_given
        self.n_features_in_ = sequences.n_features
        self.n_iter_, self.best_iter_ = record.n_iter, record.best_iter
        self.loss_curve_, self.score_curve_ = record.loss, record.validation_scores

    def _restored(self, sequences: Sequences, masked: np.ndarray) -> np.ndarray:
        device = resolve_device(self.device)
        with memory_remedy(device, MEMORY_ADVICE):
            return self._space.restore(
                sequences,
                masked,
                self.batch_size,
                device,
                as_zeros=self._shows_zeros,
            )

    def _read_to_fit(self, X: Any, lengths: Any) -> Sequences:
        sequences = read_sequences(X, lengths)
        check_lengths_came(sequences, expects_lengths(self), type(self).__name__)
        return sequences

    def _read(self, X: Any, lengths: Any) -> Sequences:
        check_is_fitted(self, "_space")
        # Parameters may have been set since: an unknown pooling would pass for another.
        self._validate_params()
        sequences = read_sequences(X, lengths)
        check_width(sequences, self.n_features_in_, type(self).__name__)
        check_lengths_came(sequences, self._knew_lengths, type(self).__name__)
        return sequences

    def _to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what ``skmiaug.save`` writes: plain values and arrays."""
        check_is_fitted(self, "_space")
        header, arrays = space_to_state(self._space)
        plain = {name: getattr(self, name) for name in _PLAIN_ATTRIBUTES}
        own = {"space": header, "seed": self._seed, "shows_zeros": self._shows_zeros}
        return plain | own | {"knew_lengths": self._knew_lengths}, arrays

    def _from_state(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take over what :meth:`_to_state` gave."""
        self._space = space_from_state(header["space"], arrays)
        self._seed = header["seed"]
        # Older files hold neither of these.
        self._shows_zeros = header.get("shows_zeros", self.replacement == "zero")
        self._knew_lengths = header.get("knew_lengths", False)
        for name in _PLAIN_ATTRIBUTES:
            setattr(self, name, header[name])
