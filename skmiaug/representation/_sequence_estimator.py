"""What the fine-tuned estimators share: parameters, training, outputs and state."""

import copy
import os
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from skmiaug.nn import BACKBONES, POOLINGS
from skmiaug.representation._masked_encoder import MaskedTimestepEncoder
from skmiaug.representation._masked_fitted import MEMORY_ADVICE
from skmiaug.representation._sequence_architecture import resolve_start, unwrapped
from skmiaug.representation._sequence_fit import LabelledSpace, fit_labels
from skmiaug.representation._sequence_input import (
    Sequences,
    check_lengths_came,
    check_width,
    expects_lengths,
    read_sequences,
)
from skmiaug.representation._sequence_settings import (
    EVAL_INTERVAL,
    PRETRAINED_HEAD_PENALTY,
    PRETRAINED_RATE_FACTOR,
    FineTuningSettings,
)
from skmiaug.representation._sequence_state import (
    head_from_arrays,
    module_to_arrays,
    space_from_state,
    space_to_state,
)
from skmiaug.representation._session import training_session
from skmiaug.utils._device import memory_remedy, resolve_device
from skmiaug.utils._precision import resolve_precision
from skmiaug.utils._sklearn_callbacks import CallbackSupportMixin

_PLAIN_ATTRIBUTES = (
    "best_iter_",
    "device_",
    "loss_curve_",
    "n_features_in_",
    "n_iter_",
    "score_curve_",
)


class SequenceEstimator(CallbackSupportMixin, BaseEstimator):
    """A head on a sequence encoder; subclasses say what labels and outputs mean."""

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 (scikit-learn's convention)
        "pretrained": "no_validation",
        "backbone": [StrOptions(set(BACKBONES)), None],
        "hidden_size": [Interval(Integral, 2, None, closed="left"), None],
        "n_layers": [Interval(Integral, 1, None, closed="left"), None],
        "n_heads": [Interval(Integral, 1, None, closed="left"), None],
        "pooling": [StrOptions(set(POOLINGS)), None],
        "clip": [Interval(Real, 0, 0.5, closed="left"), None],
        "freeze_encoder": ["boolean"],
        "head_penalty": [
            Interval(Real, 0, None, closed="neither"),
            StrOptions({"auto"}),
            None,
        ],
        "encoder_dropout": [Interval(Real, 0, 1, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "encoder_learning_rate": [Interval(Real, 0, None, closed="neither"), None],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "device": "no_validation",
        "precision": [StrOptions({"auto", "float32", "bfloat16"})],
        "checkpoint": [str, os.PathLike, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __sklearn_clone__(self) -> Any:
        """Copy parameters; the pretrained encoder stays fitted.

        A clone of it would have forgotten what it learned, and every cross-validation
        clones. The copy has parameters of its own, so that a grid over
        ``pretrained__pooling`` leaves the user's encoder alone, and shares the weights,
        which fine-tuning copies before it changes them.
        """
        parameters = {
            name: _shallow(value) if name == "pretrained" else clone(value, safe=False)
            for name, value in self.get_params(deep=False).items()
        }
        cloned = type(self)(**parameters)
        for name in ("_metadata_request", "_skl_callbacks", "_sklearn_output_config"):
            if name in vars(self):
                setattr(cloned, name, getattr(self, name))
        return cloned

    def _fit_to(
        self,
        X: Any,
        y: Any,
        sequences: Sequences,
        labels: np.ndarray,
        n_outputs: int,
        error: str,
        class_weights: tuple[float, ...] | None = None,
    ) -> None:
        """Train, and set the fitted attributes.

        Parameters
        ----------
        X, y
            As they were given, for the callbacks.
        sequences : Sequences
        labels : ndarray of shape (n,), int64, or (n, n_outputs), float32
        n_outputs : int
        error : {"classes", "l1", "l2"}
        class_weights : tuple of float or None
        """
        check_lengths_came(sequences, expects_lengths(self), type(self).__name__)
        device = resolve_device(self.device)
        start = resolve_start(self, sequences)
        settings = self._settings(error, class_weights, device)

        def fingerprint(seed: int | None) -> str:
            return settings.fingerprint(start, sequences, labels, seed)

        with (
            memory_remedy(device, MEMORY_ADVICE),
            training_session(
                self,
                X,
                y,
                fingerprint=fingerprint,
                n_checks=-(-self.max_iter // EVAL_INTERVAL),
                shown={"loss": "loss"},
            ) as session,
        ):
            fitted, record = fit_labels(
                sequences, labels, n_outputs, start, settings, session, device
            )
        self._fitted = fitted
        self._knew_lengths = sequences.lengths_given
        self.n_features_in_ = sequences.n_features
        self.device_ = str(device)
        self.n_iter_, self.best_iter_ = record.n_iter, record.best_iter
        self.loss_curve_, self.score_curve_ = record.loss, record.validation_scores

    def _settings(
        self, error: str, class_weights: tuple[float, ...] | None, device: Any
    ) -> FineTuningSettings:
        is_pretrained = unwrapped(self.pretrained) is not None
        encoder_rate, penalty = self.encoder_learning_rate, self.head_penalty
        if encoder_rate is None:
            encoder_rate = self.learning_rate
            if is_pretrained:
                encoder_rate *= PRETRAINED_RATE_FACTOR
        if penalty == "auto":
            penalty = PRETRAINED_HEAD_PENALTY if is_pretrained else None
        return FineTuningSettings(
            error=error,
            class_weights=class_weights,
            freeze_encoder=bool(self.freeze_encoder),
            head_penalty=None if penalty is None else float(penalty),
            encoder_dropout=float(self.encoder_dropout),
            dropout=float(self.dropout),
            max_iter=int(self.max_iter),
            batch_size=int(self.batch_size),
            learning_rate=float(self.learning_rate),
            encoder_learning_rate=float(encoder_rate),
            weight_decay=float(self.weight_decay),
            validation_fraction=float(self.validation_fraction),
            n_iter_no_change=int(self.n_iter_no_change),
            tol=float(self.tol),
            autocast=resolve_precision(self.precision, device),
        )

    def _outputs(self, X: Any, lengths: Any) -> np.ndarray:
        """Return what the head says, (n, n_outputs), float64."""
        check_is_fitted(self, "_fitted")
        self._validate_params()  # they may have been set since
        sequences = read_sequences(X, lengths)
        check_width(sequences, self.n_features_in_, type(self).__name__)
        check_lengths_came(sequences, self._knew_lengths, type(self).__name__)
        device = resolve_device(self.device)
        with memory_remedy(device, MEMORY_ADVICE):
            return self._fitted.outputs(sequences, self.batch_size, device)

    def _to_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what ``skmiaug.save`` writes: plain values and arrays."""
        check_is_fitted(self, "_fitted")
        header, arrays = space_to_state(self._fitted.space)
        arrays |= module_to_arrays("head", self._fitted.head)
        plain = {name: getattr(self, name) for name in _PLAIN_ATTRIBUTES}
        own = {"pooling": self._fitted.pooling, "knew_lengths": self._knew_lengths}
        return plain | {"space": header} | own, arrays

    def _from_state(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take over what :meth:`_to_state` gave."""
        self._fitted = LabelledSpace(
            space_from_state(header["space"], arrays),
            head_from_arrays(arrays),
            header["pooling"],
        )
        self._knew_lengths = header.get("knew_lengths", False)  # older files: not held
        for name in _PLAIN_ATTRIBUTES:
            setattr(self, name, header[name])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags


def _shallow(pretrained: Any) -> Any:
    # A FrozenEstimator keeps its parameters from being set.
    is_bare = isinstance(pretrained, MaskedTimestepEncoder)
    return copy.copy(pretrained) if is_bare else pretrained
